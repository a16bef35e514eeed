//! The requests of a VM that may still need something.
//!
//! Most need nothing more once their headers have been seen: they have been let through, have neither body nor trailers, and
//! nobody wants to see their answer. They are never put in here, so what else Envoy says about them is answered at once.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::FixedState;

use crate::flow::Flow;
use crate::root::Root;
use crate::vm::ContextId;

/// One request, and the document that it goes by.
pub(crate) struct Request {
    pub(crate) root: Rc<Root>,
    pub(crate) flow: RefCell<Flow>,
}

/// What is known of a request that Envoy speaks of.
pub(crate) enum Known {
    /// It was let through, and needs nothing more.
    LetThrough,
    /// There is no document for it: nothing of it passes.
    Unchecked,
    /// It waits, was answered, or has something left to do.
    Held(Rc<Request>),
}

/// The requests of one VM.
pub(crate) struct Requests {
    /// The context that was created last, and its root, until its headers come. With Envoy they come next.
    newcomer: Cell<Option<(ContextId, ContextId)>>,
    /// `None` for those that are unchecked. Envoy numbers contexts, so that nobody can choose numbers that collide.
    held: RefCell<HashMap<ContextId, Option<Rc<Request>>, FixedState>>,
}

impl Requests {
    pub(crate) const fn new() -> Self {
        let held = RefCell::new(HashMap::with_hasher(FixedState::with_seed(0)));
        Self { newcomer: Cell::new(None), held }
    }

    /// A context has come, and its headers are next. Gives back the one before it, if its headers have not come yet.
    pub(crate) fn welcome(&self, context: ContextId, root: ContextId) -> Option<(ContextId, ContextId)> {
        self.newcomer.replace(Some((context, root)))
    }

    /// The root of a request whose headers come first after its context.
    pub(crate) fn take_newcomer(&self, context: ContextId) -> Option<ContextId> {
        let (_, root) = self.newcomer.get().filter(|(newest, _)| *newest == context)?;
        self.newcomer.set(None);
        Some(root)
    }

    /// Holds a request; one that has no document as [`Known::Unchecked`].
    pub(crate) fn hold(&self, context: ContextId, request: Option<Rc<Request>>) {
        self.held.borrow_mut().insert(context, request);
    }

    pub(crate) fn find(&self, context: ContextId) -> Known {
        match self.held.borrow().get(&context) {
            None => Known::LetThrough,
            Some(None) => Known::Unchecked,
            Some(Some(request)) => Known::Held(Rc::clone(request)),
        }
    }

    /// Whether a request is held.
    pub(crate) fn has(&self, context: ContextId) -> bool {
        self.held.borrow().contains_key(&context)
    }

    /// A context has gone: what was held of it.
    pub(crate) fn remove(&self, context: ContextId) -> Option<Rc<Request>> {
        self.take_newcomer(context);
        let is_empty = self.held.borrow().is_empty();
        if is_empty { None } else { self.held.borrow_mut().remove(&context)? }
    }
}
