//! The numbers of proxy-wasm ABI 0.2.1, as they cross the border.

/// What a host call answers.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Ok = 0,
    /// No such header, property, key, metric, queue or function.
    NotFound = 1,
    /// Nonsense, or a map that this phase does not have.
    BadArgument = 2,
    /// A value that cannot be written down.
    SerializationFailure = 3,
    /// A gRPC service that is neither a cluster's name nor a `GrpcService`.
    ParseFailure = 4,
    /// A queue without an item.
    Empty = 7,
    /// The value was changed by somebody else.
    CasMismatch = 8,
    /// A call that could not be sent, or a capability that is switched off.
    InternalFailure = 10,
    /// Not for this kind of stream.
    Unimplemented = 12,
}

/// What a host call does: nothing to say, or the reason.
pub(crate) type Answer = Result<(), Status>;

/// The maps of headers that a guest can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MapType {
    RequestHeaders,
    RequestTrailers,
    ResponseHeaders,
    ResponseTrailers,
    GrpcInitialMetadata,
    GrpcTrailingMetadata,
    CallHeaders,
    CallTrailers,
}

impl MapType {
    pub(crate) fn from_abi(number: u32) -> Result<Self, Status> {
        Ok(match number {
            0 => Self::RequestHeaders,
            1 => Self::RequestTrailers,
            2 => Self::ResponseHeaders,
            3 => Self::ResponseTrailers,
            4 => Self::GrpcInitialMetadata,
            5 => Self::GrpcTrailingMetadata,
            6 => Self::CallHeaders,
            7 => Self::CallTrailers,
            _ => return Err(Status::BadArgument),
        })
    }
}

/// The buffers that a guest can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BufferType {
    RequestBody,
    ResponseBody,
    CallBody,
    GrpcMessage,
    VmConfiguration,
    PluginConfiguration,
    /// Of TCP, or of a foreign function that calls back: an HTTP stream has none.
    Elsewhere,
}

impl BufferType {
    pub(crate) fn from_abi(number: u32) -> Result<Self, Status> {
        Ok(match number {
            0 => Self::RequestBody,
            1 => Self::ResponseBody,
            4 => Self::CallBody,
            5 => Self::GrpcMessage,
            6 => Self::VmConfiguration,
            7 => Self::PluginConfiguration,
            2 | 3 | 8 => Self::Elsewhere,
            _ => return Err(Status::BadArgument),
        })
    }
}

/// The two directions of an HTTP stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Request,
    Response,
}

impl Direction {
    /// The stream types 2 and 3 are TCP's, of which an HTTP stream has none.
    pub(crate) fn from_abi(number: u32) -> Result<Option<Self>, Status> {
        match number {
            0 => Ok(Some(Self::Request)),
            1 => Ok(Some(Self::Response)),
            2 | 3 => Ok(None),
            _ => Err(Status::BadArgument),
        }
    }
}

/// How loud a line of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// `trace`
    Trace = 0,
    /// `debug`
    Debug = 1,
    /// `info`
    Info = 2,
    /// `warning`
    Warn = 3,
    /// `error`
    Error = 4,
    /// `critical`
    Critical = 5,
}

impl LogLevel {
    pub(crate) fn from_abi(number: u32) -> Result<Self, Status> {
        Ok(match number {
            0 => Self::Trace,
            1 => Self::Debug,
            2 => Self::Info,
            3 => Self::Warn,
            4 => Self::Error,
            5 => Self::Critical,
            _ => return Err(Status::BadArgument),
        })
    }
}
