//! As much of SNS as traced functions use: publishing, and the message that a subscribed queue gets.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{json, Map, Value};

use super::invocation::request_id;
use super::sqs::Message;
use crate::trigger::decode_form;

/// A notification published to a topic.
pub(super) struct Notification {
    id: String,
    topic_arn: String,
    subject: Option<String>,
    message: String,
    /// By name, in the form in which a queue receives them.
    attributes: Map<String, Value>,
    published: SystemTime,
}

impl Notification {
    /// Reads the parameters of `Publish`: a form, in which lists are spread over numbered names.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        let body = std::str::from_utf8(body).map_err(|error| error.to_string())?;
        let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        let text = |part| String::from_utf8_lossy(&decode_form(part)).into_owned();
        let mut form: BTreeMap<_, _> = pairs
            .map(|(name, value)| (text(name), text(value)))
            .collect();
        let action = form.remove("Action").unwrap_or_default();
        if action != "Publish" {
            return Err(format!("`{action}` is not supported"));
        }
        let mut attributes = Map::new();
        for number in 1.. {
            let mut part = |name| form.remove(&format!("MessageAttributes.entry.{number}.{name}"));
            let Some(name) = part("Name") else { break };
            let kind = part("Value.DataType").ok_or("no DataType")?;
            let value = part("Value.StringValue").or_else(|| part("Value.BinaryValue"));
            let value = value.ok_or("no value")?;
            attributes.insert(name, json!({ "Type": kind, "Value": value }));
        }
        Ok(Self {
            id: request_id(),
            topic_arn: form.remove("TopicArn").ok_or("no TopicArn")?,
            subject: form.remove("Subject"),
            message: form.remove("Message").ok_or("no Message")?,
            attributes,
            published: SystemTime::now(),
        })
    }

    pub(super) fn topic(&self) -> &str {
        let (_, name) = self.topic_arn.rsplit_once(':').unwrap_or_default();
        name
    }

    /// The response to the publisher.
    pub(super) fn receipt(&self) -> String {
        let namespace = "http://sns.amazonaws.com/doc/2010-03-31/";
        let id = &self.id;
        format!(
            "<PublishResponse xmlns=\"{namespace}\"><PublishResult><MessageId>{id}</MessageId></PublishResult>\
             <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></PublishResponse>"
        )
    }

    /// The message in a subscribed queue, without raw message delivery, which is the default of subscriptions.
    pub(super) fn message(&self) -> Message {
        let mut body = json!({
            "Type": "Notification",
            "MessageId": self.id,
            "TopicArn": self.topic_arn,
            "Message": self.message,
            "Timestamp": rfc3339(self.published),
        });
        if let Some(subject) = &self.subject {
            body["Subject"] = subject.as_str().into();
        }
        if !self.attributes.is_empty() {
            body["MessageAttributes"] = self.attributes.clone().into();
        }
        Message::new(body.to_string())
    }
}

/// The response to a call that failed.
pub(super) fn failure(message: &str) -> String {
    let message = message.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>{message}</Message></Error>\
         </ErrorResponse>"
    )
}

/// `2025-01-01T00:00:00.123Z`.
fn rfc3339(time: SystemTime) -> String {
    let time = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, seconds) = (time.as_secs() / 86_400, time.as_secs() % 86_400);
    // Counted from March, a year has its leap day at the end.
    let from_march = days + 719_468;
    let (era, day_of_era) = (from_march / 146_097, from_march % 146_097);
    let leap_days = day_of_era / 1_460 + day_of_era / 146_096 - day_of_era / 36_524;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = 400 * era + year_of_era + u64::from(month <= 2);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let millis = time.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_have_a_date() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_868_799, "2000-02-29T23:59:59.000Z"),
            (951_868_800, "2000-03-01T00:00:00.000Z"),
            (1_735_689_599, "2024-12-31T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }
}
