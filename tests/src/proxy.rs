//! What stands between a function and its agent: it counts connections, and breaks them when told to.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ddlambda::testing::Agent;

/// A TCP proxy in front of an [`Agent`].
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    connections: Arc<Mutex<Vec<TcpStream>>>,
    dead: Arc<AtomicBool>,
    open: Arc<Open>,
}

/// How many connections the client has not closed.
#[derive(Debug, Default)]
struct Open {
    count: Mutex<usize>,
    changed: Condvar,
}

impl Open {
    fn change(&self, change: impl FnOnce(&mut usize)) {
        change(&mut self.count.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }
}

impl Proxy {
    /// A proxy on a free port.
    ///
    /// # Panics
    /// If there is none.
    pub fn start(agent: &Agent) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let target = agent.url().replace("http://", "");
        let connections = Arc::new(Mutex::new(Vec::new()));
        let known = connections.clone();
        let dead = Arc::new(AtomicBool::new(false));
        let closes = dead.clone();
        let open = Arc::new(Open::default());
        let counted = open.clone();
        // Both kinds of threads end with their connections, the first with the test's process.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if closes.load(Ordering::SeqCst) {
                    continue;
                }
                if let Ok(both) = join(client, &target, &counted) {
                    lock(&known).push(both);
                }
            }
        });
        Self {
            address,
            connections,
            dead,
            open,
        }
    }

    /// Closes every connection, and every new one until this is called with `false`: the agent has died, and lives again.
    pub fn set_dead(&self, dead: bool) {
        self.dead.store(dead, Ordering::SeqCst);
        if dead {
            self.close_connections();
        }
    }

    /// The value for `DD_TRACE_AGENT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        lock(&self.connections).len()
    }

    /// Whether soon no more than so many connections are open on the client's side.
    pub fn has_at_most(&self, connections: usize) -> bool {
        let count = self.open.count.lock();
        let count = count.unwrap_or_else(PoisonError::into_inner);
        let more = |count: &mut usize| *count > connections;
        let waited = (self.open.changed).wait_timeout_while(count, Duration::from_secs(5), more);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Closes every connection, as an agent does that has had enough of an idle one.
    pub fn close_connections(&self) {
        for connection in lock(&self.connections).iter() {
            // One that is closed already is as well.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

/// Connects the two sides, each in a thread of its own.
fn join(client: TcpStream, target: &str, open: &Arc<Open>) -> io::Result<TcpStream> {
    let agent = TcpStream::connect(target)?;
    client.set_nodelay(true)?;
    agent.set_nodelay(true)?;
    let (requests, agent_in) = (client.try_clone()?, agent.try_clone()?);
    let (answers, client_in) = (agent, client.try_clone()?);
    open.change(|count| *count += 1);
    let open = open.clone();
    thread::spawn(move || {
        copy(requests, agent_in);
        open.change(|count| *count -= 1);
    });
    thread::spawn(move || copy(answers, client_in));
    Ok(client)
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

fn lock(connections: &Mutex<Vec<TcpStream>>) -> std::sync::MutexGuard<'_, Vec<TcpStream>> {
    connections.lock().unwrap_or_else(PoisonError::into_inner)
}
