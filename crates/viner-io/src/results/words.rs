//! Text of a column.

use std::collections::HashMap;

/// Text of the rows of a column, of some perhaps missing; each word is kept once, however many rows have
/// it.
#[derive(Clone, Debug, Default)]
pub struct Words {
    words: Vec<String>,
    /// Of each row.
    places: Vec<u32>,
}

/// Place of a missing word.
const MISSING: u32 = u32::MAX;

impl Words {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The word of a row; nothing where it is missing.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.word(self.places[row])
    }

    /// Words in order of rows.
    pub fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        self.places.iter().map(|&place| self.word(place))
    }

    /// Adds the rows of another column after these.
    pub fn append(&mut self, more: &Self) {
        let place_of = |word: &String| {
            let known = self.words.iter().position(|known| known == word);
            let place = known.unwrap_or_else(|| {
                self.words.push(word.clone());
                self.words.len() - 1
            });
            u32::try_from(place).unwrap_or(MISSING)
        };
        let places: Vec<u32> = more.words.iter().map(place_of).collect();
        let moved = more.places.iter().map(|&p| places.get(p as usize).copied().unwrap_or(MISSING));
        self.places.extend(moved);
    }

    fn word(&self, place: u32) -> Option<&str> {
        self.words.get(place as usize).map(String::as_str)
    }
}

impl<T: AsRef<str>> FromIterator<Option<T>> for Words {
    fn from_iter<I: IntoIterator<Item = Option<T>>>(rows: I) -> Self {
        let mut places_of: HashMap<String, u32> = HashMap::new();
        let mut words: Vec<String> = Vec::new();
        let mut last = MISSING;
        let place_of = |row: Option<T>| {
            let Some(row) = row else { return MISSING };
            let word = row.as_ref();
            // Neighbours often have the same.
            if words.get(last as usize).is_none_or(|known| known != word) {
                last = places_of.get(word).copied().unwrap_or_else(|| {
                    let place = u32::try_from(words.len()).unwrap_or(MISSING);
                    words.push(word.to_owned());
                    places_of.insert(word.to_owned(), place);
                    place
                });
            }
            last
        };
        let places = rows.into_iter().map(place_of).collect();
        Self { words, places }
    }
}

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_kept_once() {
        let expected = [Some("RUS"), None, Some("CHN"), Some("RUS"), Some("RUS")];
        let mut rows: Words = expected.into_iter().collect();
        assert_eq!(rows.words, ["RUS", "CHN"]);
        assert_eq!(rows.iter().collect::<Vec<_>>(), expected);
        rows.append(&[Some("USA"), Some("CHN")].into_iter().collect());
        assert_eq!(rows.words, ["RUS", "CHN", "USA"]);
        assert_eq!((rows.len(), rows.get(1), rows.get(6)), (7, None, Some("CHN")));
    }

    #[test]
    fn columns_are_equal_by_their_rows() {
        let one: Words = [Some("A"), Some("B")].into_iter().collect();
        let mut other: Words = [Some("A")].into_iter().collect();
        assert_ne!(one, other);
        other.append(&[Some("B")].into_iter().collect());
        assert_eq!(one, other);
    }
}
