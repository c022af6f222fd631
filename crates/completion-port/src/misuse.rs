//! Misuse that must not compile, each beside its twin that does.
//!
//! # A buffer is gone once it has been submitted
//!
//! ```
//! # use completion_port::UnixStream;
//! let (left, right) = UnixStream::pair()?;
//! let buf = vec![1u8; 4];
//! let pending = left.send(buf).start()?;
//! assert_eq!(pending.wait().buf.len(), 4);
//! # drop(right);
//! # Ok::<_, std::io::Error>(())
//! ```
//!
//! ```compile_fail,E0382
//! # use completion_port::UnixStream;
//! let (left, right) = UnixStream::pair()?;
//! let buf = vec![1u8; 4];
//! let pending = left.send(buf).start()?;
//! assert_eq!(buf.len(), 4);
//! # Ok::<_, std::io::Error>(())
//! ```
//!
//! # Borrowed memory cannot be submitted: it might end before the operation does
//!
//! ```
//! # use completion_port::UnixStream;
//! let (left, _right) = UnixStream::pair()?;
//! static BYTES: [u8; 4] = [1; 4];
//! left.send(&BYTES[..]).start()?.wait();
//! # Ok::<_, std::io::Error>(())
//! ```
//!
//! ```compile_fail,E0597
//! # use completion_port::UnixStream;
//! let (left, _right) = UnixStream::pair()?;
//! let bytes = [1u8; 4];
//! left.send(&bytes[..]).start()?.wait();
//! # Ok::<_, std::io::Error>(())
//! ```
//!
//! # A state that must stay in its thread cannot travel with an operation
//!
//! ```
//! # use completion_port::{CompletionPort, UnixStream};
//! # use std::sync::Arc;
//! let port = CompletionPort::new(1)?;
//! let (left, _right) = UnixStream::pair()?;
//! port.associate(&left, 1)?;
//! left.send("x").submit(Arc::new(1))?;
//! # Ok::<_, std::io::Error>(())
//! ```
//!
//! ```compile_fail,E0277
//! # use completion_port::{CompletionPort, UnixStream};
//! # use std::rc::Rc;
//! let port = CompletionPort::new(1)?;
//! let (left, _right) = UnixStream::pair()?;
//! port.associate(&left, 1)?;
//! left.send("x").submit(Rc::new(1)).unwrap();
//! # Ok::<_, std::io::Error>(())
//! ```
//!
//! # The buffer of a pending operation cannot be reached
//!
//! ```compile_fail,E0609
//! # use completion_port::UnixStream;
//! let (left, _right) = UnixStream::pair()?;
//! let pending = left.recv(vec![0u8; 4]).start()?;
//! let peeked = &pending.buf;
//! # Ok::<_, std::io::Error>(())
//! ```
//!
//! # A pending operation is waited for once
//!
//! ```compile_fail,E0382
//! # use completion_port::UnixStream;
//! let (left, _right) = UnixStream::pair()?;
//! let pending = left.send("x").start()?;
//! pending.wait();
//! pending.wait();
//! # Ok::<_, std::io::Error>(())
//! ```
//!
//! # A buffer is gone while its operation is awaited
//!
//! ```
//! # use completion_port::{CompletionPort, UnixStream};
//! # let port = CompletionPort::new(1)?;
//! let (left, right) = UnixStream::pair()?;
//! let buf = port.block_on(async { left.send(vec![1u8; 4]).await.buf }, drop);
//! assert_eq!(buf.len(), 4);
//! # drop(right);
//! # Ok::<_, std::io::Error>(())
//! ```
//!
//! ```compile_fail,E0382
//! # use completion_port::{CompletionPort, UnixStream};
//! # let port = CompletionPort::new(1)?;
//! let (left, right) = UnixStream::pair()?;
//! let buf = vec![1u8; 4];
//! port.block_on(async { left.send(buf).await; buf.len() }, drop);
//! # Ok::<_, std::io::Error>(())
//! ```
//!
//! # Borrowed memory cannot be awaited either: the future might be dropped half-way
//!
//! ```compile_fail,E0597
//! # use completion_port::{CompletionPort, UnixStream};
//! # let port = CompletionPort::new(1)?;
//! let (left, _right) = UnixStream::pair()?;
//! let bytes = [1u8; 4];
//! port.block_on(async { left.send(&bytes[..]).await }, drop);
//! # Ok::<_, std::io::Error>(())
//! ```
//!
//! # A future that must stay in its thread cannot be a task, but the thread can run it itself
//!
//! ```
//! # use completion_port::CompletionPort;
//! # use std::rc::Rc;
//! let port = CompletionPort::new(1)?;
//! let own = Rc::new(1);
//! port.block_on(async { std::future::ready(()).await; drop(own) }, drop);
//! # Ok::<_, std::io::Error>(())
//! ```
//!
//! ```compile_fail
//! # use completion_port::CompletionPort;
//! # use std::rc::Rc;
//! let port = CompletionPort::new(1)?;
//! let own = Rc::new(1);
//! port.spawn(async { std::future::ready(()).await; drop(own) }).detach();
//! # Ok::<_, std::io::Error>(())
//! ```
//!
//! # What is received into must be memory that can be written
//!
//! ```compile_fail,E0277
//! # use completion_port::UnixStream;
//! let (left, _right) = UnixStream::pair()?;
//! let pending = left.recv("constant").start();
//! # Ok::<_, std::io::Error>(())
//! ```
