//! Quotas, buckets, a bounded table of buckets, verdicts.
