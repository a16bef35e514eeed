//! What stands in the body of a refusal.

/// A value of a refusal's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// A text.
    Text(String),
    /// A whole number.
    Number(u64),
}

impl From<&str> for Member {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Member {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Member {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// The members of an object, in the order of their names, whatever the order they came in.
#[derive(Debug, Default)]
pub(crate) struct Members(Vec<(&'static str, Member)>);

impl Members {
    pub(crate) fn add(&mut self, name: &'static str, value: impl Into<Member>) {
        let at = self.0.partition_point(|(known, _)| *known < name);
        self.0.insert(at, (name, value.into()));
    }

    /// The object as JSON.
    pub(crate) fn written(&self) -> String {
        let members: Vec<String> = self.0.iter().map(|(name, value)| member(name, value)).collect();
        format!("{{{}}}", members.join(","))
    }
}

fn member(name: &str, value: &Member) -> String {
    match value {
        Member::Text(text) => format!("{}:{}", json_text(name), json_text(text)),
        Member::Number(number) => format!("{}:{number}", json_text(name)),
    }
}

/// A text as JSON. `serde_json::Value` would write it as well, with all that it knows of other values, which is 10 KB of a
/// module.
#[must_use]
pub fn json_text(text: &str) -> String {
    // A text can always be written.
    serde_json::to_string(text).unwrap_or_default()
}
