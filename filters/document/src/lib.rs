//! The gateway document: sections, path patterns, and every mistake with its path.
