//! Helpers shared by the tests of ddlambda.
