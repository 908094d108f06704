//! Drawings of constructed traces.

use crate::testing::{Span, Trace, Waterfall};

/// A span to draw: id, parent, name, service, resource, start and duration in microseconds.
fn drawn(
    id: u64,
    parent: u64,
    name: &str,
    service: &str,
    resource: &str,
    start: u64,
    duration: u64,
) -> Span {
    Span {
        trace_id: 0x67c5_73cd_0000_0000_c49d_c2a9_a54a_1a0c,
        span_id: id,
        parent_id: parent,
        name: name.to_owned(),
        service: service.to_owned(),
        resource: resource.to_owned(),
        start: 1_700_000_000_000_000_000 + start * 1000,
        duration: duration * 1000,
        ..Span::default()
    }
}

#[test]
fn a_waterfall_shows_one_tree_over_several_functions() {
    let mut ship = drawn(8, 7, "aws.lambda", "shipping", "shipping", 97_000, 34_200);
    ship.error = true;
    ship.meta
        .insert("error.type".to_owned(), "NoCarrier".to_owned());
    ship.meta.insert(
        "error.message".to_owned(),
        "no carrier for Antarctica\nat last".to_owned(),
    );
    ship.links.resize_with(2, Default::default);
    let orders = Trace::new([
        drawn(
            1,
            0,
            "aws.httpapi",
            "orders.example.com",
            "POST /orders",
            0,
            96_000,
        ),
        drawn(2, 1, "aws.lambda", "orders", "orders", 4_000, 91_000),
        drawn(3, 2, "aws.lambda.load", "orders", "orders", 4_000, 12_300),
        drawn(4, 2, "price", "orders", "price", 20_000, 41_000),
        drawn(
            5,
            4,
            "dynamodb.command",
            "aws.dynamodb",
            "DynamoDB.GetItem prices-of-all-kinds-of-things",
            22_000,
            8_750,
        ),
        drawn(
            6,
            2,
            "sqs.request",
            "aws.sqs",
            "SQS.SendMessage shipping",
            80_000,
            420,
        ),
    ]);
    let shipping = Trace::new([
        drawn(
            7,
            6,
            "aws.sqs",
            "shipping-queue",
            "shipping",
            80_400,
            16_500,
        ),
        ship,
    ]);

    let picture = Waterfall::new(&[orders, shipping]).to_string();
    println!("{picture}");
    assert_eq!(picture, include_str!("waterfall.txt"));
}

#[test]
fn a_waterfall_draws_spans_that_are_each_others_parents() {
    let picture = Trace::new([
        drawn(1, 2, "a", "s", "r", 0, 1),
        drawn(2, 1, "b", "s", "r", 0, 1),
    ])
    .waterfall();
    assert_eq!(picture.lines().count(), 4, "{picture}");
    let coloured = Waterfall::new(&[Trace::new([drawn(1, 0, "a", "s", "r", 0, 1)])]).ansi(true);
    assert!(coloured.to_string().contains("\x1b["));
}
