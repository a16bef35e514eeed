//! A copy of a module that tells its host of each branch that it comes to, and of each function that it enters.

use std::convert::Infallible;

use anyhow::{Context as _, Result};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, EntityType, Function, ImportSection, Module, TypeSection, ValType};
use wasmparser::{FunctionBody, ImportSectionReader, Parser, TypeSectionReader};

use crate::branch;

/// The function that the copy imports: takes a condition and the tally's number, and gives the condition back.
pub(crate) const COUNT: (&str, &str) = ("rehearsal", "count");

/// A module that counts.
pub(crate) struct Counted {
    pub(crate) wasm: Vec<u8>,
    /// How many tallies it keeps.
    pub(crate) tallies: usize,
}

/// Makes the copy.
pub(crate) fn counted(wasm: &[u8]) -> Result<Counted> {
    let mut counting = Counting { imported: branch::imported_functions(wasm)?, count_type: 0, next: 0 };
    let mut copy = Module::new();
    counting.parse_core_module(&mut copy, Parser::new(0), wasm).context("it is no module")?;
    Ok(Counted { wasm: copy.finish(), tallies: usize::try_from(counting.next)? })
}

struct Counting {
    /// How many functions the module imports; one more is put behind them.
    imported: u32,
    count_type: u32,
    /// The next tally.
    next: i32,
}

impl Counting {
    /// Lets a condition that is on the stack pass by the host.
    fn count(&mut self, function: &mut Function) {
        function.instructions().i32_const(self.next).call(self.imported);
        self.next += 1;
    }
}

impl Reencode for Counting {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(function + u32::from(function >= self.imported))
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_type_section(self, types, section)?;
        self.count_type = types.len();
        types.ty().function([ValType::I32, ValType::I32], [ValType::I32]);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_import_section(self, imports, section)?;
        imports.import(COUNT.0, COUNT.1, EntityType::Function(self.count_type));
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error<Infallible>> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        function.instructions().i32_const(1);
        self.count(&mut function);
        function.instructions().drop();
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let operator = operators.read()?;
            if branch::is_branch(&operator) {
                self.count(&mut function);
            }
            function.instruction(&self.instruction(operator)?);
        }
        code.function(&function);
        Ok(())
    }
}
