//! The Rust blocks of the README and of the book, as doc tests.

macro_rules! pages {
    ($($name:ident $path:literal)*) => {$(
        #[doc = include_str!(concat!("../../", $path))]
        mod $name {}
    )*};
}

pages! {
    readme "README.md"
}
