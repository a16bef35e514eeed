//! Small modules, counted, hinted, and run before and after.

use wasmi::{Caller, Engine, Linker, Module, Store};
use wasmparser::{KnownCustom, Operator, Parser, Payload};

use crate::branch::Tally;
use crate::counting::{COUNT, counted};
use crate::hinting::hinted;
use crate::rehearsal::{self, ROUNDS};
use crate::traffic::Traffic;

/// `twice` halves what is large and doubles what is small; `idle` is never called and stands before it.
const SAMPLE: &str = r#"(module
    (import "env" "limit" (func $limit (result i32)))
    (func $idle (param i32) (result i32) (if (local.get 0) (then (unreachable))) (i32.const 1))
    (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func (export "twice") (param i32) (result i32)
        (block $small
            (br_if $small (i32.lt_s (local.get 0) (call $limit)))
            (return (i32.div_s (local.get 0) (i32.const 2))))
        (call $double (local.get 0)))
    (func (export "idle") (param i32) (result i32) (call $idle (local.get 0))))"#;

fn assembled(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// What `twice` gives for the numbers from 0 to 9, and the tallies where the module keeps them.
fn run(wasm: &[u8], tallies: usize) -> (Vec<i32>, Vec<Tally>) {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).unwrap();
    let mut store = Store::new(&engine, vec![Tally::default(); tallies]);
    let mut linker = Linker::<Vec<Tally>>::new(&engine);
    linker.func_wrap("env", "limit", || 5_i32).unwrap();
    let count = |mut caller: Caller<'_, Vec<Tally>>, condition: u32, tally: u32| {
        caller.data_mut()[tally as usize].count(condition != 0);
        condition
    };
    linker.func_wrap(COUNT.0, COUNT.1, count).unwrap();
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let twice = instance.get_typed_func::<i32, i32>(&store, "twice").unwrap();
    let given = (0..10).map(|number| twice.call(&mut store, number).unwrap()).collect();
    (given, store.into_data())
}

#[test]
fn a_counting_module_does_what_it_did_and_tells_its_branches() {
    let wasm = assembled(SAMPLE);
    let counting = counted(&wasm).unwrap();
    let (given, tallies) = run(&counting.wasm, counting.tallies);
    assert_eq!(given, run(&wasm, 0).0);
    let told: Vec<_> = tallies.iter().map(|tally| (tally.asked, tally.held)).collect();
    // `idle` and its branch; `double`; `twice` and its branch; the exported `idle`.
    assert_eq!(told, [(0, 0), (0, 0), (5, 5), (10, 10), (10, 5), (0, 0)]);
}

#[test]
fn hints_stand_at_the_branches_that_nearly_always_go_one_way() {
    let wasm = assembled(SAMPLE);
    let always = Tally { asked: ROUNDS, held: ROUNDS };
    let never = Tally { asked: ROUNDS, held: 0 };
    let idle = Tally::default();
    for (branch, hint) in [(never, 0), (always, 1)] {
        let hinted = hinted(&wasm, &[idle, idle, always, always, branch, idle]).unwrap();
        assert_eq!(run(&hinted, 0).0, run(&wasm, 0).0);
        // `double` and `twice` come first now, behind the import.
        assert_eq!(hints(&hinted), [(2, hint)]);
    }
    let either_way = Tally { asked: ROUNDS, held: ROUNDS / 2 };
    let without = hinted(&wasm, &[idle, idle, always, always, either_way, idle]).unwrap();
    assert_eq!(hints(&without), []);
}

/// The hints of a module, as function and value; each has to stand at a branch.
fn hints(wasm: &[u8]) -> Vec<(u32, u32)> {
    let payloads: Vec<_> = Parser::new(0).parse_all(wasm).map(Result::unwrap).collect();
    let bodies: Vec<_> = payloads
        .iter()
        .filter_map(|p| if let Payload::CodeSectionEntry(body) = p { Some(body) } else { None })
        .collect();
    let mut hints = Vec::new();
    for payload in &payloads {
        let Payload::CustomSection(section) = payload else { continue };
        let KnownCustom::BranchHints(section) = section.as_known() else { continue };
        for function in section {
            let function = function.unwrap();
            for hint in function.hints {
                let hint = hint.unwrap();
                let body = bodies[function.func as usize - 1];
                let place = body.range().start + u64::from(hint.func_offset);
                let mut operators = body.get_operators_reader().unwrap().into_iter_with_offsets();
                let at = operators.find_map(|operator| operator.ok().filter(|(_, at)| *at == place)).unwrap();
                assert!(matches!(at.0, Operator::If { .. } | Operator::BrIf { .. }));
                hints.push((function.func, u32::from(hint.taken)));
            }
        }
    }
    hints
}

#[test]
fn tallies_of_another_module_are_refused() {
    let error = hinted(&assembled(SAMPLE), &[Tally::default(); 3]).unwrap_err();
    assert_eq!(error.to_string(), "the tallies are of another module");
}

#[test]
fn a_rehearsal_in_which_requests_are_refused_fails() {
    let module = |status: u32| {
        assembled(&format!(
            r#"(module
                (import "env" "proxy_send_local_response"
                    (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
                (memory (export "memory") 1)
                (func (export "proxy_on_configure") (param i32 i32) (result i32) (i32.const 1))
                (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
                    (if (i32.const {status})
                        (then (drop (call $reply (i32.const {status}) (i32.const 0) (i32.const 0) (i32.const 0)
                            (i32.const 0) (i32.const 0) (i32.const 4) (i32.const -1)))))
                    (i32.const 0)))"#
        ))
    };
    let rehearse = |status| {
        rehearsal::run(&counted(&module(status)).unwrap(), &Traffic::for_module("jwt_auth").unwrap())
    };
    assert!(rehearse(0).is_ok());
    let error = rehearse(401).unwrap_err();
    assert_eq!(format!("{error:#}"), "in round 0: GET /api/orders/7: it was answered with 401: ");
}
