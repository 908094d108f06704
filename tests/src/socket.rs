//! An agent behind a socket in the file system.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;

use ddlambda::testing::Agent;

/// A socket whose connections go to an [`Agent`]. The file is removed with it.
#[derive(Debug)]
pub struct Socket {
    path: PathBuf,
}

impl Socket {
    /// A socket in a directory.
    ///
    /// # Panics
    /// If there can be none.
    pub fn start(agent: &Agent, directory: &Path) -> Self {
        let path = directory.join(format!("agent-{}.sock", std::process::id()));
        let listener = UnixListener::bind(&path).expect("a socket");
        let target = agent.url().replace("http://", "");
        // The threads end with their connections, this one with the test's process.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A client whose connection fails sees that it does.
                let _ = join(client, &target);
            }
        });
        Self { path }
    }

    /// The value for `DD_TRACE_AGENT_URL`.
    pub fn url(&self) -> String {
        format!("unix://{}", self.path.display())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Connects the two sides, each in a thread of its own.
fn join(client: UnixStream, target: &str) -> io::Result<()> {
    let agent = TcpStream::connect(target)?;
    agent.set_nodelay(true)?;
    let (mut requests, mut agent_in) = (client.try_clone()?, agent.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut requests, &mut agent_in);
        let _ = agent_in.shutdown(Shutdown::Write);
    });
    let (mut answers, mut client) = (agent, client);
    thread::spawn(move || {
        let _ = io::copy(&mut answers, &mut client);
        let _ = client.shutdown(Shutdown::Write);
    });
    Ok(())
}
