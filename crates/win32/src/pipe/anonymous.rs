//! `CreatePipe`: two ends without a name, not overlapped (S-385).

use std::sync::Arc;

use super::link::Link;
use super::name::Shape;
use super::{Client, Pipe, Place};
use crate::abi::{Bool, Dword, Handle};
use crate::code::code_bool;
use crate::file::{SecurityAttributes, access, inherits, insert_object};
use crate::handle::{self, Object};
use crate::status::Status;
use crate::text::{In, Out};

/// What a pipe without a size gets.
const USUAL_BYTES: Dword = 4096;

fn end(link: Arc<Link>, right: u32, bytes: Dword) -> Result<Object, Status> {
    let shape = Shape {
        messages: false,
        direction: 1,
        instances_max: 1,
        out_bytes: bytes,
        in_bytes: bytes,
        wait_ms: 0,
    };
    let client = Client {
        link,
        shape,
        server: None,
    };
    Pipe::new(Place::Client(client), right, 0, false).map(Object::Pipe)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn CreatePipe(
    reading: Out<Handle>,
    writing: Out<Handle>,
    attributes: In<SecurityAttributes>,
    bytes: Dword,
) -> Bool {
    code_bool(|| {
        if reading.is_null() || writing.is_null() {
            return Err(Status::INVALID_PARAMETER.into());
        }
        let bytes = if bytes == 0 { USUAL_BYTES } else { bytes };
        let (reader, writer) = Link::pair(false, bytes as usize)?;
        let reader = end(reader, access::READ_DATA, bytes)?;
        let writer = end(writer, access::WRITE_DATA, bytes)?;
        let inherited = inherits(attributes);
        let first = insert_object(reader, inherited)?;
        let second = insert_object(writer, inherited).inspect_err(|_| {
            // Made a moment ago, and told to nobody.
            let _ = handle::close(first, |_| true);
        })?;
        reading.set(first);
        writing.set(second);
        Ok(())
    })
}
