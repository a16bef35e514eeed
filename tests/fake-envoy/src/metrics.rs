//! Metrics as Envoy keeps them: one value per name, whatever the number of times it is defined.

use std::collections::BTreeMap;

use crate::abi::{Answer, Status};

/// The kinds of the ABI; the two low bits of a metric's id are its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter = 0,
    Gauge = 1,
    Histogram = 2,
}

impl Kind {
    fn of(id: u32) -> Result<Self, Status> {
        match id & 3 {
            0 => Ok(Self::Counter),
            1 => Ok(Self::Gauge),
            2 => Ok(Self::Histogram),
            _ => Err(Status::BadArgument),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Metrics {
    names: BTreeMap<u32, String>,
    values: BTreeMap<String, u64>,
    samples: BTreeMap<String, Vec<u64>>,
}

impl Metrics {
    pub(crate) fn define(&mut self, kind: u32, name: &str) -> Result<u32, Status> {
        if kind > 2 {
            return Err(Status::BadArgument);
        }
        let of_that_kind = self.names.keys().filter(|id| *id & 3 == kind).count();
        let count = u32::try_from(of_that_kind).map_err(|_| Status::InternalFailure)?;
        let id = (count + 1) << 2 | kind;
        self.names.insert(id, name.to_owned());
        Ok(id)
    }

    /// A counter takes only what is above nought; a gauge takes both signs; a histogram is recorded, not incremented.
    pub(crate) fn increment(&mut self, id: u32, offset: i64) -> Answer {
        let kind = Kind::of(id)?;
        if kind == Kind::Histogram {
            return Err(Status::BadArgument);
        }
        let name = self.names.get(&id).ok_or(Status::NotFound)?;
        if kind == Kind::Counter && offset <= 0 {
            return Err(Status::BadArgument);
        }
        let value = self.values.entry(name.clone()).or_default();
        *value = value.wrapping_add_signed(offset);
        Ok(())
    }

    /// Recording adds to a counter, sets a gauge, and is a sample of a histogram.
    pub(crate) fn record(&mut self, id: u32, value: u64) -> Answer {
        let name = self.names.get(&id).ok_or(Status::NotFound)?.clone();
        match Kind::of(id).map_err(|_| Status::NotFound)? {
            Kind::Counter => *self.values.entry(name).or_default() += value,
            Kind::Gauge => *self.values.entry(name).or_default() = value,
            Kind::Histogram => self.samples.entry(name).or_default().push(value),
        }
        Ok(())
    }

    pub(crate) fn read(&self, id: u32) -> Result<u64, Status> {
        if Kind::of(id)? == Kind::Histogram {
            return Err(Status::BadArgument);
        }
        let name = self.names.get(&id).ok_or(Status::NotFound)?;
        Ok(self.values.get(name).copied().unwrap_or(0))
    }

    /// The value of a counter or gauge; `None` if nothing of that name was defined.
    pub(crate) fn value(&self, name: &str) -> Option<u64> {
        let defined = self.names.values().any(|known| known == name);
        defined.then(|| self.values.get(name).copied().unwrap_or(0))
    }

    pub(crate) fn samples(&self, name: &str) -> Vec<u64> {
        self.samples.get(name).cloned().unwrap_or_default()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.values().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::Metrics;
    use crate::abi::Status;

    #[test]
    fn each_kind_has_its_own_rules() {
        let mut metrics = Metrics::default();
        let [counter, gauge, histogram] =
            [0, 1, 2].map(|kind| metrics.define(kind, &format!("m{kind}")).unwrap());
        assert_eq!(metrics.increment(counter, 2), Ok(()));
        assert_eq!(metrics.increment(counter, -1), Err(Status::BadArgument));
        assert_eq!(metrics.record(counter, 5), Ok(()));
        assert_eq!(metrics.read(counter), Ok(7));
        assert_eq!(metrics.increment(gauge, 2).and(metrics.increment(gauge, -1)), Ok(()));
        assert_eq!(metrics.read(gauge), Ok(1));
        assert_eq!(metrics.record(gauge, 5).and(metrics.read(gauge)), Ok(5));
        assert_eq!(metrics.increment(histogram, 2), Err(Status::BadArgument));
        assert_eq!(metrics.record(histogram, 5), Ok(()));
        assert_eq!(metrics.read(histogram), Err(Status::BadArgument));
        assert_eq!(metrics.samples("m2"), [5]);
    }

    #[test]
    fn a_name_that_is_defined_twice_has_one_value() {
        let mut metrics = Metrics::default();
        let (first, second) = (metrics.define(0, "hits").unwrap(), metrics.define(0, "hits").unwrap());
        metrics.increment(first, 1).unwrap();
        metrics.increment(second, 1).unwrap();
        assert_eq!(metrics.value("hits"), Some(2));
    }

    #[test]
    fn an_unknown_id_is_not_found() {
        let mut metrics = Metrics::default();
        assert_eq!(metrics.increment(4, 1), Err(Status::NotFound));
        assert_eq!(metrics.record(4, 1), Err(Status::NotFound));
        assert_eq!(metrics.read(4), Err(Status::NotFound));
        assert_eq!(metrics.define(3, "x"), Err(Status::BadArgument));
    }
}
