//! `branch-hints MODULE OUT`: writes a module that tells Envoy which way its branches go.
//!
//! Envoy's V8 compiles a module once, before the first request, so it knows nothing of what will run: the handling of every
//! mistake stands between two lines that always run. Code that a request touches then lies in many more cache lines
//! and pages than it fills, and in a proxy it has left the caches by the next request. WebAssembly has a section
//! for this, `metadata.code.branch_hint`: V8 moves what is unlikely to the end of a function.
//!
//! 1. [`counting`] makes a copy of the module that tells its host of every branch.
//! 2. [`rehearsal`] runs the copy through ordinary traffic and keeps a tally for each branch.
//! 3. [`hinting`] writes what nearly always went one way into the module, and puts the functions that ran side by side.
//!
//! What a module does stays as it is, whatever a hint says.

mod branch;
mod counting;
mod hinting;
mod rehearsal;
mod traffic;

use std::path::Path;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

use traffic::Traffic;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [module, out] = arguments.as_slice() else {
        bail!("usage: branch-hints MODULE OUT");
    };
    let name = Path::new(module).file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let wasm = fs::read(module).with_context(|| format!("{module} could not be read"))?;
    let hinted = with_hints(name, &wasm).with_context(|| format!("{module} could not be given hints"))?;
    fs::write(out, hinted).with_context(|| format!("{out} could not be written"))
}

fn with_hints(name: &str, wasm: &[u8]) -> Result<Vec<u8>> {
    let traffic = Traffic::for_module(name).with_context(|| format!("there is no traffic for {name}"))?;
    let tallies = rehearsal::run(&counting::counted(wasm)?, &traffic)?;
    hinting::hinted(wasm, &tallies)
}

#[cfg(test)]
mod tests;
