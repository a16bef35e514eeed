//! Content codings that are read here (RFC 9110, section 8.4).

use crate::Fault;

/// How a body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Identity,
    /// `gzip`, or its old name `x-gzip`.
    Gzip,
}

impl Encoding {
    /// The encoding by the values of `Content-Encoding`. One `gzip` is read; others, or one on top of another, are not.
    pub(super) fn of<'v>(values: impl Iterator<Item = &'v [u8]>) -> Result<Self, Fault> {
        let codings = values.flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
        let mut real =
            codings.filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"));
        real.try_fold(Self::Identity, |so_far, coding| match so_far {
            Self::Identity => of_one(coding),
            Self::Gzip => Err(Fault::UnknownEncoding),
        })
    }
}

fn of_one(coding: &[u8]) -> Result<Encoding, Fault> {
    let is_gzip = coding.eq_ignore_ascii_case(b"gzip") || coding.eq_ignore_ascii_case(b"x-gzip");
    if is_gzip { Ok(Encoding::Gzip) } else { Err(Fault::UnknownEncoding) }
}

#[cfg(test)]
mod tests {
    use super::Encoding;
    use crate::Fault;

    #[test]
    fn one_gzip_is_read_and_nothing_else() {
        let table: [(&[&str], _); 10] = [
            (&[], Ok(Encoding::Identity)),
            (&["identity"], Ok(Encoding::Identity)),
            (&[""], Ok(Encoding::Identity)),
            (&["gzip"], Ok(Encoding::Gzip)),
            (&["X-GZIP"], Ok(Encoding::Gzip)),
            (&["identity, gzip"], Ok(Encoding::Gzip)),
            (&["br"], Err(Fault::UnknownEncoding)),
            (&["gzip, gzip"], Err(Fault::UnknownEncoding)),
            (&["gzip", "gzip"], Err(Fault::UnknownEncoding)),
            (&["deflate, gzip"], Err(Fault::UnknownEncoding)),
        ];
        for (values, encoding) in table {
            assert_eq!(Encoding::of(values.iter().map(|value| value.as_bytes())), encoding, "{values:?}");
        }
    }
}
