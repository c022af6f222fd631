//! A checksum over pieces that come in any order.

use std::sync::atomic::{AtomicU64, Ordering};

/// The sum of the pieces of a file, each mixed from its place, its size and its CRC-32.
///
/// Adding is commutative, so the pieces may come in any order and from any thread; the mixing
/// makes a piece in a wrong place another piece. One wrong piece always changes the sum if it
/// changes the CRC, which misses one accidental change in 2³². This is no protection against
/// somebody who means it.
#[derive(Debug, Default)]
pub(super) struct Tally(AtomicU64);

impl Tally {
    /// Counts a piece in.
    pub(super) fn add(&self, offset: u64, piece: &[u8]) {
        let place = mixed(offset ^ mixed(piece.len() as u64));
        let piece = mixed(place ^ u64::from(crc32fast::hash(piece)));
        // The lane count's release and acquire order this before the sum is looked at.
        self.0.fetch_add(piece, Ordering::Relaxed);
    }

    /// The sum of all pieces so far.
    pub(super) fn sum(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The finaliser of SplitMix64: each bit of the result depends on each of the argument, and no
/// two arguments have the same result.
fn mixed(mut word: u64) -> u64 {
    word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(pieces: &[(u64, &[u8])]) -> u64 {
        let tally = Tally::default();
        for (offset, piece) in pieces {
            tally.add(*offset, piece);
        }
        tally.sum()
    }

    #[test]
    fn the_order_of_the_pieces_does_not_matter_but_their_places_do() {
        let right = sum(&[(0, b"one"), (3, b"two")]);
        assert_eq!(sum(&[(3, b"two"), (0, b"one")]), right);
        assert_ne!(sum(&[(0, b"two"), (3, b"one")]), right);
    }

    #[test]
    fn every_flipped_bit_of_a_piece_is_seen() {
        let piece: Vec<u8> = (0..=255).collect();
        let right = sum(&[(512, &piece)]);
        for bit in 0..piece.len() * 8 {
            let mut wrong = piece.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(sum(&[(512, &wrong)]), right, "bit {bit}");
        }
    }

    #[test]
    fn a_missing_and_a_double_piece_are_seen() {
        let right = sum(&[(0, b"one"), (3, b"two")]);
        assert_ne!(sum(&[(0, b"one")]), right);
        assert_ne!(sum(&[(0, b"one"), (3, b"two"), (3, b"two")]), right);
    }
}
