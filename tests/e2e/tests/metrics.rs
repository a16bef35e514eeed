//! What operators see of the filters in Envoy's own statistics.

use e2e_tests::{Setup, Token, eventually, fresh_user, sample_document};

#[test]
fn each_module_tells_what_it_counted_within_a_beat() {
    for setup in [Setup::gateway(sample_document()), Setup::chain(&sample_document())] {
        let gate = setup.workers(2).start();
        let token = Token::of(&fresh_user()).mint();
        for _ in 0..2 {
            assert_eq!(gate.get("/api/users/usr_8a3f").token(&token).send().status, 200);
        }
        assert_eq!(gate.get("/api/users/usr_8a3f").send().status, 401);
        let counted = |name: &str| gate.admin().stat(&format!("wasmcustom.portcullis.{name}"));
        for (name, least) in [
            ("jwt.allowed", 2),
            ("jwt.refused.token_missing", 1),
            ("jwt.token_missing", 1),
            ("limit.permitted", 2),
            ("transform.answers", 2),
            ("transform.fields_removed", 2),
        ] {
            eventually(&format!("{name} counts {least}"), || (counted(name) >= least).then_some(()));
        }
    }
}
