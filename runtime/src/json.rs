//! A view of JSON text that reads no more than it is asked for.
