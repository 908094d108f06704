use aws_lambda_events::sqs::SqsMessage;
use std::sync::Arc;

struct Shop {
    bonus: usize,
    seen: usize,
}

impl Shop {
    #[ddlambda::record]
    async fn borrowed(&self, message: &SqsMessage) -> Result<usize, String> {
        tokio::task::yield_now().await;
        let body = message.body.as_deref().ok_or("no body")?;
        Ok(body.len() + self.bonus)
    }

    #[ddlambda::record]
    fn counted(&mut self, message: SqsMessage) -> &usize {
        drop(message);
        self.seen += 1;
        &self.seen
    }

    #[ddlambda::record]
    async fn shared(self: Arc<Self>, order: u64) -> u64 {
        order + self.bonus as u64
    }

    #[ddlambda::record]
    pub(crate) fn alone(self, _: u64) -> usize {
        self.seen
    }
}

trait Process {
    #[ddlambda::record]
    fn twice(&self, order: u64) -> u64 {
        self.once(order) * 2
    }

    fn once(&self, order: u64) -> u64;
}

impl Process for Shop {
    #[ddlambda::record(resource = "once")]
    fn once(&self, order: u64) -> u64 {
        order + self.bonus as u64
    }
}

#[async_trait::async_trait]
trait Wait {
    async fn wait(&self, message: &SqsMessage) -> Result<usize, lambda_runtime::Error>;
}

#[async_trait::async_trait]
impl Wait for Shop {
    #[ddlambda::record]
    async fn wait(&self, message: &SqsMessage) -> Result<usize, lambda_runtime::Error> {
        tokio::task::yield_now().await;
        if message.body.is_none() {
            return Err("no body".into());
        }
        Ok(self.bonus)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut shop = Shop { bonus: 1, seen: 0 };
    let message = SqsMessage::default();
    assert_eq!(shop.borrowed(&message).await.unwrap_err(), "no body");
    assert!(shop.wait(&message).await.is_err());
    assert_eq!(*shop.counted(message), 1);
    assert_eq!(shop.twice(3), 8);
    assert_eq!(Arc::new(Shop { bonus: 2, seen: 0 }).shared(3).await, 5);
    assert_eq!(shop.alone(3), 1);
}
