//! Token to claims to verdict; key sets.
