//! Amazon Redshift.

use std::borrow::Cow;

use super::super::request::Request;
use super::Service;
use crate::span::Tags;

pub(super) struct Redshift;

impl Service for Redshift {
    fn id(&self) -> &'static str {
        "redshift"
    }

    fn describe<'r>(&self, request: &Request<'r>, tags: &mut Tags) -> Option<Cow<'r, str>> {
        let cluster = request.text("ClusterIdentifier")?;
        tags.push("clusteridentifier", &cluster);
        tags.push("aws.redshift.cluster_identifier", &cluster);
        Some(cluster)
    }
}
