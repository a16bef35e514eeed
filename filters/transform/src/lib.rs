//! The streaming JSON rewriter.
