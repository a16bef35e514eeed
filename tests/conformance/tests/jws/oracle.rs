//! `jwt-simple` as the oracle: whole tokens, judged by its own rules, which for plain tokens are ours.

use jwt_simple::prelude::*;
use portcullis_jwt_auth::NoHostCheck;
use serde_json::json;
use services::{Alg, Key as Signer, Token};

use crate::gate::Gate;

/// Whether `jwt-simple` takes the token; `None` for algorithms that it does not have.
fn oracle(alg: Alg, token: &str) -> Option<bool> {
    let jwk = Signer::of(alg).jwk();
    let secret = Signer::of(alg).secret_bytes();
    let text = jwk.to_string();
    let bytes = |member: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(jwk[member].as_str().unwrap()).unwrap()
    };
    let options = || {
        let now = Some(UnixTimeStamp::from_secs(1_750_000_000));
        Some(VerificationOptions { artificial_time: now, ..VerificationOptions::default() })
    };
    macro_rules! by {
        ($key:expr) => {
            Some($key.verify_token::<NoCustomClaims>(token, options()).is_ok())
        };
    }
    match alg {
        Alg::Rs256 => by!(RS256PublicKey::from_components(&bytes("n"), &bytes("e")).unwrap()),
        Alg::Rs384 => by!(RS384PublicKey::from_components(&bytes("n"), &bytes("e")).unwrap()),
        Alg::Rs512 => by!(RS512PublicKey::from_components(&bytes("n"), &bytes("e")).unwrap()),
        Alg::Ps256 => by!(PS256PublicKey::from_components(&bytes("n"), &bytes("e")).unwrap()),
        Alg::Ps384 => by!(PS384PublicKey::from_components(&bytes("n"), &bytes("e")).unwrap()),
        Alg::Ps512 => by!(PS512PublicKey::from_components(&bytes("n"), &bytes("e")).unwrap()),
        Alg::Es256 => by!(ES256PublicKey::from_jwk(&text).unwrap()),
        Alg::Es384 => by!(ES384PublicKey::from_jwk(&text).unwrap()),
        Alg::EdDsa => by!(Ed25519PublicKey::from_jwk(&text).unwrap()),
        Alg::Hs256 => by!(HS256Key::from_bytes(&secret)),
        Alg::Hs384 => by!(HS384Key::from_bytes(&secret)),
        Alg::Hs512 => by!(HS512Key::from_bytes(&secret)),
        Alg::Es512 => None,
    }
}

fn token(alg: Alg) -> Token {
    Token::by(Signer::of(alg)).claim("iat", 1_740_000_000).claim("exp", 1_800_000_000)
}

#[test]
fn the_oracle_and_the_gate_agree() {
    let mut gate = Gate::with_keys(&json!(Alg::ALL.map(|alg| Signer::of(alg).jwk())));
    for alg in Alg::ALL {
        let good = token(alg).mint();
        let (input, signature) = good.rsplit_once('.').unwrap();
        let table = [
            good.clone(),
            token(alg).tampered(),
            token(alg).unsigned(),
            token(alg).claim("exp", 1_600_000_000).mint(),
            token(alg).claim("nbf", 1_790_000_000).mint(),
            token(alg).header("crit", json!(["exp"])).mint(),
            token(alg).header("alg", "none").mint(),
            format!("{input}.{signature}="),
            format!("{input}.{}", signature.get(4..).unwrap()),
            format!("{good}."),
            String::new(),
        ];
        for token in table {
            let ours = gate.refuses(&token, &NoHostCheck).is_none();
            assert!(oracle(alg, &token).is_none_or(|theirs| theirs == ours), "{alg:?} {ours} {token}");
        }
    }
}
