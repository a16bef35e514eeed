//! Ordinary traffic through a module that counts its branches, with an Envoy that is just enough for that.
//!
//! What comes back from the module is looked at: a rehearsal in which requests are refused would teach it that this is what
//! usually happens.

mod guest;
mod host;
mod imports;

use anyhow::{Context as _, Result, bail, ensure};
use wasmi::{Engine, Instance, Module, Store, WasmParams, WasmResults};

use crate::branch::Tally;
use crate::counting::Counted;
use crate::traffic::{End, Exchange, Traffic};
use host::Host;
pub(crate) use host::Message;

/// How often the traffic is repeated.
pub(crate) const ROUNDS: u64 = 60;
/// The plugin's own context; those of requests follow.
const ROOT: u32 = 1;
/// What a callback says that lets headers go on.
const CONTINUE: u32 = 0;

/// Runs the module, which counts, and gives the tallies.
pub(crate) fn run(counted: &Counted, traffic: &Traffic) -> Result<Vec<Tally>> {
    let mut stage = Stage::set(counted, traffic)?;
    for round in 0..ROUNDS {
        for exchange in traffic.exchanges(round) {
            stage
                .play(&exchange)
                .with_context(|| format!("in round {round}: {}", exchange.request.line()))?;
        }
        stage.tell::<_, ()>("proxy_on_tick", ROOT)?;
    }
    Ok(stage.store.into_data().tallies)
}

struct Stage {
    store: Store<Host>,
    instance: Instance,
    context: u32,
}

impl Stage {
    /// Starts a module as Envoy does, up to its configuration.
    fn set(counted: &Counted, traffic: &Traffic) -> Result<Self> {
        let engine = Engine::default();
        let module = Module::new(&engine, &counted.wasm).context("the module was broken by counting")?;
        let document = traffic.document().to_string().into_bytes();
        let size = u32::try_from(document.len())?;
        let mut store = Store::new(&engine, Host::new(document, counted.tallies));
        let instance = imports::linker(&engine, &module)?.instantiate_and_start(&mut store, &module)?;
        let mut stage = Self { store, instance, context: ROOT };
        stage.tell::<_, ()>("_initialize", ())?;
        stage.tell::<_, ()>("proxy_on_context_create", (ROOT, 0_u32))?;
        let is_configured = stage.tell::<_, u32>("proxy_on_configure", (ROOT, size))? == Some(1);
        ensure!(is_configured, "the document is refused: {}", stage.store.data().log.join("; "));
        Ok(stage)
    }

    /// Calls what the module exports; `None` where it does not.
    fn tell<P: WasmParams, R: WasmResults>(&mut self, callback: &str, parameters: P) -> Result<Option<R>> {
        if self.instance.get_func(&self.store, callback).is_none() {
            return Ok(None);
        }
        let callback = self.instance.get_typed_func::<P, R>(&self.store, callback)?;
        Ok(Some(callback.call(&mut self.store, parameters)?))
    }

    /// One request there and back.
    fn play(&mut self, exchange: &Exchange) -> Result<()> {
        self.context += 1;
        self.store.data_mut().begin(exchange.request.clone());
        self.tell::<_, ()>("proxy_on_context_create", (self.context, ROOT))?;
        let action =
            self.tell::<_, u32>("proxy_on_request_headers", (self.context, exchange.request.lines(), 1_u32))?;
        self.answer_calls(exchange)?;
        let reply = self.store.data_mut().reply.take();
        check(exchange, reply.as_ref(), action == Some(CONTINUE))?;
        self.play_answer(reply.as_ref().unwrap_or(&exchange.answer))?;
        ensure!(self.store.data().reply.is_none(), "its answer was refused");
        let is_as_expected = self.store.data().has_rewritten == exchange.is_rewritten;
        ensure!(is_as_expected, "its answer was rewritten, or was not, against what was expected");
        self.tell::<_, ()>("proxy_on_delete", self.context)?;
        Ok(())
    }

    /// Envoy tells the root of the answer to a call, whoever made it.
    fn answer_calls(&mut self, exchange: &Exchange) -> Result<()> {
        while let Some(call) = self.store.data_mut().calls.pop_front() {
            let answer = exchange.answer_to(&call.path);
            let (lines, size) = (answer.lines(), u32::try_from(answer.body.len())?);
            self.store.data_mut().call_answer = answer;
            let told = (ROOT, call.token, lines, size, 0_u32);
            self.tell::<_, ()>("proxy_on_http_call_response", told)?;
        }
        Ok(())
    }

    /// Headers, then the body in two pieces, as a large one comes.
    fn play_answer(&mut self, answer: &Message) -> Result<()> {
        let (first, last) = answer.body.split_at(answer.body.len() / 2);
        self.store.data_mut().answer = answer.clone();
        self.tell::<_, u32>("proxy_on_response_headers", (self.context, answer.lines(), 0_u32))?;
        for (piece, is_last) in [(first, 0_u32), (last, 1_u32)] {
            self.store.data_mut().piece.extend_from_slice(piece);
            let size = u32::try_from(self.store.data().piece.len())?;
            let action = self.tell::<_, u32>("proxy_on_response_body", (self.context, size, is_last))?;
            if action.is_none_or(|action| action == CONTINUE) {
                self.store.data_mut().piece.clear();
            }
        }
        Ok(())
    }
}

fn check(exchange: &Exchange, reply: Option<&Message>, goes_on: bool) -> Result<()> {
    match (exchange.end, reply) {
        (End::Passes, None) if goes_on => Ok(()),
        (End::IsAnswered, Some(reply)) if reply.status() == "200" => Ok(()),
        (_, Some(reply)) => {
            bail!("it was answered with {}: {}", reply.status(), String::from_utf8_lossy(&reply.body))
        }
        (_, None) => bail!("it was neither passed on nor answered as it should be"),
    }
}
