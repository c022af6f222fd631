//! What all handles have in common: shared ownership, association, cancelling.

use std::io;
use std::sync::{Arc, Weak};

use crate::buf::Memory;
use crate::op::{Kind, OpBox, OpId, Operation, Outcome, Tag};
use crate::sys;

/// A kernel object with operations, of either kind.
#[derive(Clone, Debug)]
pub(crate) enum Kernel {
    Socket(Arc<sys::Socket>),
    File(Arc<sys::File>),
}

impl Kernel {
    /// Submits an operation; what can be done at once is done and delivered.
    #[inline]
    pub(crate) fn submit(&self, op: OpBox) -> Result<OpId, sys::Refused> {
        match self {
            Self::Socket(socket) => socket.submit(op),
            Self::File(file) => file.submit(op),
        }
    }

    /// The usual read, on the shortest way; see the file's.
    #[inline]
    pub(crate) fn read_at_once(
        &self,
        kind: &Kind,
        to_port: bool,
        memory: impl FnOnce() -> Memory,
    ) -> sys::ReadNow {
        match self {
            Self::Socket(_) => sys::ReadNow::NotTried,
            Self::File(file) => file.read_at_once(kind, to_port, memory),
        }
    }

    /// Tries an operation whose node need not be on the heap yet.
    #[inline]
    pub(crate) fn attempt(&self, op: &mut Operation) -> io::Result<sys::Attempted<'_>> {
        match self {
            Self::Socket(socket) => socket.attempt(op),
            Self::File(file) => Ok(match file.attempt(op)? {
                Some(outcome) => sys::Attempted::Finished(outcome),
                None => sys::Attempted::Waits(sys::Place::Engine(file)),
            }),
        }
    }

    /// Submits an operation that is known to have to wait.
    pub(crate) fn submit_waiting(&self, op: OpBox) -> Result<OpId, sys::Refused> {
        match self {
            Self::Socket(socket) => socket.submit(op),
            Self::File(file) => file.hand_to_engine(op),
        }
    }

    /// Tries an operation once, and never queues it.
    pub(crate) fn attempt_only(
        &self,
        op: &mut Operation,
        again: bool,
    ) -> io::Result<Option<Outcome>> {
        match self {
            Self::Socket(socket) => socket.attempt_only(op, again),
            Self::File(file) => file.attempt(op),
        }
    }

    /// The port that it belongs to, by which completions are delivered.
    pub(crate) fn association(&self) -> &sys::Association {
        match self {
            Self::Socket(socket) => socket.association(),
            Self::File(file) => file.association(),
        }
    }

    pub(crate) fn is_associated(&self) -> bool {
        match self {
            Self::Socket(socket) => socket.is_associated(),
            Self::File(file) => file.is_associated(),
        }
    }

    /// Cancels the operations whose tag satisfies the condition; how many those were.
    pub(crate) fn cancel_where(&self, wanted: &dyn Fn(Tag) -> bool) -> usize {
        match self {
            Self::Socket(socket) => socket.cancel_where(wanted),
            Self::File(file) => file.cancel_where(wanted),
        }
    }

    /// Refuses new operations and cancels those in flight.
    pub(crate) fn close(&self) {
        match self {
            Self::Socket(socket) => socket.close(),
            Self::File(file) => file.close(),
        }
    }

    pub(crate) fn name(&self) -> Name {
        match self {
            Self::Socket(socket) => Name::Socket(Arc::downgrade(socket)),
            Self::File(file) => Name::File(Arc::downgrade(file)),
        }
    }

    fn cancel(&self, id: OpId) -> bool {
        match self {
            Self::Socket(socket) => socket.cancel(id),
            Self::File(file) => file.cancel(id),
        }
    }

    fn cancel_all(&self) -> usize {
        match self {
            Self::Socket(socket) => socket.cancel_all(),
            Self::File(file) => file.cancel_all(),
        }
    }

    fn associate(&self, port: &Arc<sys::Port>, key: usize) -> io::Result<()> {
        match self {
            Self::Socket(socket) => socket.associate(port, key),
            Self::File(file) => file.associate(port, key),
        }
    }
}

/// Names a kernel object without keeping it open.
#[derive(Clone, Debug)]
pub(crate) enum Name {
    Socket(Weak<sys::Socket>),
    File(Weak<sys::File>),
}

impl Name {
    /// Cancels an operation; false if it is not in flight any more.
    pub(crate) fn cancel(&self, id: OpId) -> bool {
        match self {
            Self::Socket(socket) => socket.upgrade().is_some_and(|socket| socket.cancel(id)),
            Self::File(file) => file.upgrade().is_some_and(|file| file.cancel(id)),
        }
    }
}

/// Closes the kernel object when the last duplicate of the handle is dropped.
#[derive(Debug)]
struct Last(Kernel);

impl Drop for Last {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The inside of every public handle.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Last>);

impl Handle {
    pub(crate) fn socket(socket: Arc<sys::Socket>) -> Self {
        Self(Arc::new(Last(Kernel::Socket(socket))))
    }

    pub(crate) fn file(file: Arc<sys::File>) -> Self {
        Self(Arc::new(Last(Kernel::File(file))))
    }

    pub(crate) fn kernel(&self) -> &Kernel {
        &self.0.0
    }

    pub(crate) fn as_socket(&self) -> &Arc<sys::Socket> {
        match self.kernel() {
            Kernel::Socket(socket) => socket,
            Kernel::File(_) => unreachable!("socket types hold sockets"),
        }
    }

    pub(crate) fn as_file(&self) -> &Arc<sys::File> {
        match self.kernel() {
            Kernel::File(file) => file,
            Kernel::Socket(_) => unreachable!("file types hold files"),
        }
    }

    pub(crate) fn associate(&self, port: &Arc<sys::Port>, key: usize) -> io::Result<()> {
        self.kernel().associate(port, key)
    }
}

/// A handle whose operations can complete to a port.
///
/// Implemented by the handle types of this crate. Cloning a handle duplicates it: both name the
/// same kernel object, with the same port and key (S-019). When the last duplicate is dropped,
/// the operations in flight are cancelled, and each still delivers its completion (S-230,
/// S-231).
pub trait AsHandle: private::Sealed {
    /// The common inside of the handle.
    fn as_handle(&self) -> &Handle;

    /// Cancels one operation in flight.
    ///
    /// It still completes exactly once: with `ECANCELED`, or with its normal result if that
    /// came first (S-212). The call does not wait for that.
    ///
    /// # Errors
    ///
    /// `NotFound` if the operation is not in flight any more (S-210, S-213).
    fn cancel(&self, id: OpId) -> io::Result<()> {
        if self.as_handle().kernel().cancel(id) {
            Ok(())
        } else {
            let text = "the operation is not in flight";
            Err(io::Error::new(io::ErrorKind::NotFound, text))
        }
    }

    /// Cancels everything in flight on this handle; returns how many operations that were.
    fn cancel_all(&self) -> usize {
        self.as_handle().kernel().cancel_all()
    }
}

pub(crate) mod private {
    /// Only this crate's handle types are handles.
    pub trait Sealed {}
}

/// Implements the common traits of a handle type whose only field is a [`Handle`].
macro_rules! handle_type {
    ($name:ident) => {
        impl $crate::handle::private::Sealed for $name {}
        impl $crate::handle::AsHandle for $name {
            fn as_handle(&self) -> &$crate::handle::Handle {
                &self.0
            }
        }
    };
}
pub(crate) use handle_type;
