//! The host's verifier: its clear word counts, and where it has none the module decides.

use std::cell::Cell;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fake_envoy::{Envoy, Status};
use serde_json::json;
use services::Alg;

use super::{passes, start_with, token};

type Answer = Result<&'static [u8], Status>;

/// A host whose `verify_signature` answers like this, given its arguments and how often it was asked; and that number.
fn hosted_by(answer: impl Fn(&[u8], usize) -> Answer + 'static) -> (Envoy, Rc<Cell<usize>>) {
    let asked = Rc::new(Cell::new(0));
    let count = Rc::clone(&asked);
    let verify = move |arguments: &[u8]| {
        count.set(count.get() + 1);
        answer(arguments, count.get()).map(<[u8]>::to_vec)
    };
    let envoy =
        start_with(&json!({ "cache_size": 0 }), |setup| setup.foreign_function("verify_signature", verify));
    (envoy, asked)
}

/// A host that always answers the same.
fn hosted(answer: Answer) -> (Envoy, Rc<Cell<usize>>) {
    hosted_by(move |_, _| answer)
}

/// The token with another one's signature.
fn forged(token: &str) -> String {
    let other = super::token(Alg::Rs256).claim("sub", "usr_evil").mint();
    let (text, _) = token.rsplit_once('.').unwrap();
    format!("{text}.{}", other.rsplit('.').next().unwrap())
}

/// A host that says yes to the signature of this token, and something else to all others.
fn hosted_for(token: &str, otherwise: fn(usize) -> &'static [u8]) -> (Envoy, Rc<Cell<usize>>) {
    let signature = URL_SAFE_NO_PAD.decode(token.rsplit('.').next().unwrap()).unwrap();
    hosted_by(move |arguments, asked| {
        let is_good = arguments.windows(signature.len()).any(|part| part == signature);
        Ok(if is_good { YES } else { otherwise(asked) })
    })
}

const YES: &[u8] = b"\x08\x01";
const NO: &[u8] = b"\x12\x26Failed to verify digest. Error code: 0";

#[test]
fn the_hosts_clear_word_decides_about_rsa_and_ecdsa() {
    for (answer, good_passes, bad_passes) in [(YES, true, true), (NO, false, false)] {
        let (envoy, asked) = hosted(Ok(answer));
        for alg in [Alg::Rs256, Alg::Rs512, Alg::Es256, Alg::Es384, Alg::Es512] {
            assert_eq!(passes(&envoy, &token(alg).mint()), good_passes, "{alg:?}");
            assert_eq!(passes(&envoy, &token(alg).tampered()), bad_passes, "{alg:?}");
        }
        // The first yes is put to the test: whether this host can say no.
        let asked_by_then = if answer == YES { 11 } else { 10 };
        assert_eq!(asked.get(), asked_by_then);
        for alg in [Alg::Ps256, Alg::EdDsa, Alg::Hs384] {
            assert!(passes(&envoy, &token(alg).mint()) && !passes(&envoy, &token(alg).tampered()), "{alg:?}");
        }
        assert_eq!(asked.get(), asked_by_then, "these are the module's own");
    }
}

#[test]
fn a_host_that_can_say_no_is_asked_once_a_token() {
    let good = token(Alg::Rs256).mint();
    let (envoy, asked) = hosted_for(&good, |_| NO);
    assert!(passes(&envoy, &good));
    assert_eq!(asked.get(), 2, "once about a signature that is one bit off");
    for _ in 0..3 {
        assert!(passes(&envoy, &good) && !passes(&envoy, &forged(&good)));
    }
    assert_eq!(asked.get(), 8);
}

#[test]
fn an_answer_of_an_unknown_length_is_read() {
    let good = token(Alg::Rs256).mint();
    let (envoy, asked) = hosted_for(&good, |asked| match asked {
        2 => NO,
        3 | 4 => b"\x12\x29Failed to verify digest. Error code: 1234",
        _ => b"\x12\x20Failed to initialize digest verify.",
    });
    assert!(passes(&envoy, &good));
    assert!(!passes(&envoy, &forged(&good)), "a longer no is a no");
    assert_eq!(asked.get(), 4);
    assert!(passes(&envoy, &token(Alg::Rs512).mint()), "what is neither is the module's to decide");
    assert_eq!(asked.get(), 6);
}

#[test]
fn a_host_that_cannot_say_no_is_always_read() {
    let good = token(Alg::Rs256).mint();
    let odd: [fn(usize) -> &'static [u8]; 3] = [|_| b"\x12\x00", |_| b"", |_| YES];
    for otherwise in odd {
        let (envoy, asked) = hosted_for(&good, otherwise);
        assert!(passes(&envoy, &good) && passes(&envoy, &good));
        assert_eq!(asked.get(), 3);
        assert_eq!(passes(&envoy, &forged(&good)), otherwise(0) == YES);
    }
}

#[test]
fn without_a_clear_word_the_module_decides() {
    let unclear: [&[u8]; 4] =
        [b"", b"\x08\x00", b"\x12\x20Failed to initialize digest verify.", b"\xff\xff\xff"];
    for answer in unclear {
        let (envoy, asked) = hosted(Ok(answer));
        for alg in [Alg::Rs256, Alg::Es256] {
            assert!(passes(&envoy, &token(alg).mint()) && !passes(&envoy, &token(alg).tampered()), "{alg:?}");
        }
        assert_eq!(asked.get(), 4);
    }
}

#[test]
fn a_host_without_the_function_is_asked_once() {
    for status in [Status::NotFound, Status::InternalFailure, Status::BadArgument] {
        let (envoy, asked) = hosted(Err(status));
        for _ in 0..3 {
            assert!(
                passes(&envoy, &token(Alg::Es256).mint()) && !passes(&envoy, &token(Alg::Es256).tampered())
            );
        }
        assert_eq!(asked.get(), 1, "{status:?}");
    }
}
