//! What is done to a JSON body: which fields go, stay, are renamed or set.

use crate::{Fault, Fields, JsonPath, Mistakes, Node, Step};

/// The edits of one body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyEdits {
    /// `remove_fields`.
    pub remove: Vec<Field>,
    /// `rename_fields`.
    pub rename: Vec<RenamedField>,
    /// `keep_fields`; `None` keeps all.
    pub keep: Option<Vec<Field>>,
    /// `set_fields`.
    pub set: Vec<Constant>,
}

/// Which members or elements are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// The members of this name, at any depth.
    Anywhere(String),
    /// What this path names; never `$` itself.
    At(JsonPath),
}

/// A field and its new name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenamedField {
    /// The field; a path ends with a name.
    pub field: Field,
    /// Its name from now on.
    pub to: String,
}

/// A member that is set to a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constant {
    /// The objects that get the member; `$` for the outermost.
    pub object: JsonPath,
    /// Whether every object inside them gets it too.
    pub and_below: bool,
    /// The member's name.
    pub name: String,
    /// Its value, as JSON text.
    pub value: String,
}

/// A path is followed with one bit for each step.
const MOST_STEPS: usize = 64;

impl BodyEdits {
    /// Reads the object `response` of a transformation.
    pub fn read(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let mut fields = node.fields(mistakes)?;
        let mut edits = Self::read_renaming(&mut fields, mistakes);
        edits.keep = fields.take("keep_fields").map(|node| read_keep(&node, mistakes));
        edits.set = fields.take("set_fields").map_or_else(Vec::new, |node| read_set(&node, mistakes));
        fields.finish(mistakes);
        Some(edits)
    }

    /// Reads the object `response` of an aggregation's part, which only removes and renames.
    pub fn read_of_part(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let mut fields = node.fields(mistakes)?;
        let edits = Self::read_renaming(&mut fields, mistakes);
        fields.finish(mistakes);
        Some(edits)
    }

    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.rename.is_empty() && self.keep.is_none() && self.set.is_empty()
    }

    fn read_renaming(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Self {
        Self {
            remove: fields.take("remove_fields").map_or_else(Vec::new, |node| read_list(&node, mistakes)),
            rename: fields.take("rename_fields").map_or_else(Vec::new, |node| read_rename(&node, mistakes)),
            ..Self::default()
        }
    }
}

/// An allow-list that lists nothing is a slip: it would empty every answer.
fn read_keep(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<Field> {
    let is_empty = node.items(mistakes).is_some_and(|items| items.is_empty());
    if is_empty {
        node.expected::<()>("at least one field", mistakes);
        return Vec::new();
    }
    read_list(node, mistakes)
}

fn read_list(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<Field> {
    let mut read: Vec<(Field, String)> = Vec::new();
    for item in node.items(mistakes).unwrap_or_default() {
        let Some(field) = item.text(mistakes).and_then(|text| read_field(&text, &item, mistakes)) else {
            continue;
        };
        match read.iter().find(|(earlier, _)| *earlier == field) {
            Some((_, first)) => mistakes.add(item.path(), Fault::Twice { first: first.clone() }),
            None => read.push((field, item.path().to_owned())),
        }
    }
    read.into_iter().map(|(field, _)| field).collect()
}

fn read_rename(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<RenamedField> {
    let mut read = Vec::new();
    for (text, new_name) in members(node, mistakes) {
        let Some(to) = new_name.text(mistakes) else {
            continue;
        };
        let Some(field) = read_field(&text, &new_name, mistakes) else {
            continue;
        };
        if let Field::At(path) = &field
            && split_name(path).is_none()
        {
            mistakes.wrong(new_name.path(), "only a path that ends with a name can be renamed");
            continue;
        }
        // A path may do so: it is left out of what is said of the bare name.
        if matches!(&field, Field::Anywhere(name) if *name == to) {
            mistakes.wrong(new_name.path(), format!("{to:?} is its name already"));
            continue;
        }
        read.push(RenamedField { field, to });
    }
    read
}

fn read_set(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<Constant> {
    let mut read = Vec::new();
    for (text, value) in members(node, mistakes) {
        let Some(field) = read_field(&text, &value, mistakes) else { continue };
        match constant(&field, value.json()) {
            Some(constant) => read.push(constant),
            None => mistakes.wrong(value.path(), "only a path that ends with a name can be set"),
        }
    }
    read
}

/// A bare name is set in the outermost object: a constant is placed, it stops no leak.
fn constant(field: &Field, value: &str) -> Option<Constant> {
    let (objects, name) = match field {
        Field::Anywhere(name) => (&[][..], name),
        Field::At(path) => split_name(path)?,
    };
    let (objects, and_below) = match objects.split_last() {
        Some((Step::Descend, objects)) => (objects, true),
        _ => (objects, false),
    };
    Some(Constant {
        object: JsonPath::from_steps(objects.to_vec()),
        and_below,
        name: name.clone(),
        value: value.to_owned(),
    })
}

fn members<'a>(node: &Node<'a>, mistakes: &mut Mistakes) -> Vec<(String, Node<'a>)> {
    node.fields(mistakes).map(|mut fields| fields.take_rest()).unwrap_or_default()
}

/// Reads a bare name or a path; `node` is where a mistake is noted.
fn read_field(text: &str, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Field> {
    if !JsonPath::is_path(text) {
        return read_bare_name(text, node, mistakes);
    }
    match JsonPath::parse(text) {
        Ok(path) if path.steps().is_empty() => {
            mistakes.wrong(node.path(), "\"$\" is the whole body, not a field of it");
            None
        }
        Ok(path) if path.steps().len() > MOST_STEPS => {
            mistakes.wrong(node.path(), format!("a path has at most {MOST_STEPS} steps"));
            None
        }
        Ok(path) => Some(Field::At(path)),
        Err(error) => {
            let hint =
                if text.contains(['.', '[']) { "" } else { "; a member of that name is written $..['...']" };
            mistakes.wrong(node.path(), format!("{text:?} is no path: {error}{hint}"));
            None
        }
    }
}

/// Any text is a name, but with blanks before a `$` it was meant as a path, and as a name it would hide nothing.
fn read_bare_name(text: &str, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Field> {
    if JsonPath::is_path(text.trim_start()) {
        let hint = "a path begins with its \"$\"; a member of that name is written $..['...']";
        mistakes.wrong(node.path(), format!("{text:?} has blanks before a path: {hint}"));
        return None;
    }
    Some(Field::Anywhere(text.to_owned()))
}

/// Takes a path apart into the steps to the objects it leads to and the name of their member.
fn split_name(path: &JsonPath) -> Option<(&[Step], &String)> {
    match path.steps().split_last()? {
        (Step::Name(name), objects) => Some((objects, name)),
        _ => None,
    }
}
