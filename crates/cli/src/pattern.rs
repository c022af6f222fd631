//! Bytes that can be made again from a number: what the demo writes, sends and expects.

/// A stream of bytes that depends on its seed alone.
///
/// This is SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
/// 2014): a counter and a mixing function, so that neighbouring seeds have nothing in common.
pub(crate) struct Pattern(u64);

impl Pattern {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95))
    }

    /// The next eight bytes, as a number.
    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next bytes.
    pub(crate) fn fill(&mut self, into: &mut [u8]) {
        let mut eights = into.chunks_exact_mut(8);
        for eight in &mut eights {
            eight.copy_from_slice(&self.number().to_le_bytes());
        }
        let rest = eights.into_remainder();
        let last = self.number().to_le_bytes();
        rest.copy_from_slice(&last[..rest.len()]);
    }

    /// A size from 1 to `max` (at least 1), small ones as frequent as large ones of ten times
    /// that: the logarithm is even.
    pub(crate) fn size(&mut self, max: u64) -> u64 {
        let part = (self.number() >> 11) as f64 / (1u64 << 53) as f64;
        let size = (max as f64 + 1.0).powf(part);
        (size as u64).clamp(1, max)
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn the_same_seed_makes_the_same_bytes_and_another_does_not() {
        let bytes = |seed| {
            let mut bytes = [0; 61];
            Pattern::new(seed).fill(&mut bytes);
            bytes
        };
        assert_eq!(bytes(7), bytes(7));
        assert_ne!(bytes(7), bytes(8));
        assert_ne!(bytes(7)[..8], bytes(7)[8..16]);
    }

    #[test]
    fn sizes_stay_within_their_bounds_and_reach_all_magnitudes() {
        let mut pattern = Pattern::new(1);
        let sizes: Vec<u64> = (0..10_000).map(|_| pattern.size(65_536)).collect();
        assert!(sizes.iter().all(|size| (1..=65_536).contains(size)));
        for decade in [1, 10, 100, 1000, 10_000] {
            let within = sizes.iter().filter(|&&s| s >= decade && s < decade * 10);
            assert!(within.count() > 500, "sizes from {decade} on are missing");
        }
        assert_eq!(Pattern::new(1).size(1), 1);
    }
}
