//! The module with its hints, and with the functions that ran side by side.
//!
//! The section is that of the branch hinting proposal, which is part of WebAssembly 3.0: for each function the places of
//! its branches, counted from the start of its body, and whether each is likely. Who does not know it passes it over.

use std::convert::Infallible;
use std::mem;
use std::slice;

use anyhow::{Context as _, Result};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{BranchHint, BranchHints, CodeSection, FunctionSection, Module, SectionId};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload,
};

use crate::branch::{self, Tally};

/// Writes the hints; `tallies` are in the order of the module's code.
pub(crate) fn hinted(wasm: &[u8], tallies: &[Tally]) -> Result<Vec<u8>> {
    let functions = functions(wasm, tallies)?;
    let mut hinting = Hinting::new(branch::imported_functions(wasm)?, &functions);
    let mut module = Module::new();
    hinting.write_code(&functions).context("it has code that cannot be copied")?;
    hinting.parse_core_module(&mut module, Parser::new(0), wasm).context("it is no module")?;
    let hinted = module.finish();
    wasmparser::validate(&hinted).context("the module was broken by its hints")?;
    Ok(hinted)
}

/// A function as it was, and what is known of it.
struct Counted<'a> {
    body: FunctionBody<'a>,
    entered: Tally,
    branches: Vec<Tally>,
}

fn functions<'a>(wasm: &'a [u8], tallies: &[Tally]) -> Result<Vec<Counted<'a>>> {
    let (mut functions, mut tallies) = (Vec::new(), tallies.iter());
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload? {
            functions.push(Counted::take(body, &mut tallies)?);
        }
    }
    Ok(functions)
}

impl<'a> Counted<'a> {
    fn take(body: FunctionBody<'a>, tallies: &mut slice::Iter<'_, Tally>) -> Result<Self> {
        let entered = *tallies.next().context("the tallies are of another module")?;
        let mut branches = Vec::new();
        for operator in body.get_operators_reader()? {
            if branch::is_branch(&operator?) {
                branches.push(*tallies.next().context("the tallies are of another module")?);
            }
        }
        Ok(Self { body, entered, branches })
    }
}

struct Hinting {
    imported: u32,
    /// The old place of each function, in the new order.
    order: Vec<usize>,
    /// The new place of each function, in the old order.
    places: Vec<u32>,
    code: CodeSection,
    hints: BranchHints,
}

impl Hinting {
    /// Those that ran come first, in the order in which they stood.
    fn new(imported: u32, functions: &[Counted<'_>]) -> Self {
        let has_run = |at: &usize| functions.get(*at).is_some_and(|function| function.entered.is_often());
        let (mut order, others): (Vec<_>, Vec<_>) = (0..functions.len()).partition(has_run);
        order.extend(others);
        let mut places = vec![0; functions.len()];
        for (new, old) in (0..).zip(&order) {
            places.get_mut(*old).into_iter().for_each(|place| *place = new);
        }
        Self { imported, order, places, code: CodeSection::new(), hints: BranchHints::new() }
    }

    /// Copies the code in its new order. Where its branches are is known only then, and their section comes before it.
    fn write_code(&mut self, functions: &[Counted<'_>]) -> Result<(), Error<Infallible>> {
        let order = self.order.clone();
        for (place, function) in (self.imported..).zip(order.iter().filter_map(|old| functions.get(*old))) {
            let hints = self.write_function(function)?;
            if !hints.is_empty() {
                self.hints.function_hints(place, hints);
            }
        }
        Ok(())
    }

    fn write_function(&mut self, counted: &Counted<'_>) -> Result<Vec<BranchHint>, Error<Infallible>> {
        let mut function = self.new_function_with_parsed_locals(&counted.body)?;
        let (mut hints, mut tallies) = (Vec::new(), counted.branches.iter());
        for operator in counted.body.get_operators_reader()? {
            let operator = operator?;
            let tally = if branch::is_branch(&operator) { tallies.next() } else { None };
            if let Some(likely) = tally.and_then(|tally| tally.likely()) {
                let place = u32::try_from(function.byte_len()).map_err(|_| Error::InvalidCodeSectionSize)?;
                hints.push(BranchHint { branch_func_offset: place, branch_hint_value: u32::from(likely) });
            }
            function.instruction(&self.instruction(operator)?);
        }
        self.code.function(&function);
        Ok(hints)
    }
}

impl Reencode for Hinting {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        let own = function.checked_sub(self.imported).and_then(|own| usize::try_from(own).ok());
        let place = own.and_then(|own| self.places.get(own));
        Ok(place.map_or(function, |place| place + self.imported))
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        self.order.iter().filter_map(|old| types.get(*old)).for_each(|kind| {
            functions.function(*kind);
        });
        Ok(())
    }

    /// What compilers and linkers note of a module, names and older hints among it, does not hold in the new order.
    fn parse_custom_section(
        &mut self,
        _module: &mut Module,
        _section: CustomSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        Ok(())
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), Error<Infallible>> {
        if before == Some(SectionId::Code) && !self.hints.is_empty() {
            module.section(&self.hints);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        _section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        *code = mem::take(&mut self.code);
        Ok(())
    }
}
