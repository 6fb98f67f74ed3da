//! Writes header array files as GEMPACK does, for tests.

/// An array to be written: name, sets with their elements, values with the first index fastest.
pub struct Array {
    pub name: &'static str,
    pub sets: Vec<(&'static str, Vec<&'static str>)>,
    pub values: Vec<f32>,
    pub sparse: bool,
}

impl Array {
    /// Values computed from the indices.
    pub fn of(
        name: &'static str,
        sets: &[(&'static str, &[&'static str])],
        value: impl Fn(&[usize]) -> f64,
    ) -> Self {
        let sets: Vec<(&str, Vec<&str>)> =
            sets.iter().map(|(set, elements)| (*set, elements.to_vec())).collect();
        let mut values = Vec::new();
        for place in 0..sets.iter().map(|(_, elements)| elements.len()).product() {
            let mut rest: usize = place;
            let indices: Vec<usize> = sets
                .iter()
                .map(|(_, elements)| {
                    let index = rest % elements.len();
                    rest /= elements.len();
                    index
                })
                .collect();
            #[expect(clippy::cast_possible_truncation, reason = "the tests use eighths")]
            values.push(value(&indices) as f32);
        }
        Self { name, sets, values, sparse: false }
    }

    pub fn sparse(mut self) -> Self {
        self.sparse = true;
        self
    }
}

/// A text header and arrays, one after the other.
pub fn har(text: &[(&str, &[&str])], arrays: &[Array]) -> Vec<u8> {
    let mut file = Vec::new();
    for (name, lines) in text {
        header(&mut file, name, "1CFULL", &[lines.len(), 12]);
        texts(&mut file, lines);
    }
    for array in arrays {
        let mut sizes: Vec<usize> = array.sets.iter().map(|(_, set)| set.len()).collect();
        sizes.resize(7, 1);
        header(&mut file, array.name, if array.sparse { "RESPSE" } else { "REFULL" }, &sizes);
        sets(&mut file, array);
        if array.sparse { sparse(&mut file, array) } else { full(&mut file, array, &sizes) }
    }
    file
}

fn record(file: &mut Vec<u8>, content: &[u8]) {
    let length = i32::try_from(content.len()).unwrap().to_le_bytes();
    file.extend(length);
    file.extend(content);
    file.extend(length);
}

fn data(file: &mut Vec<u8>, parts: &[&[u8]]) {
    record(file, &[b"    ", parts.concat().as_slice()].concat());
}

fn integers(numbers: &[usize]) -> Vec<u8> {
    numbers.iter().flat_map(|number| i32::try_from(*number).unwrap().to_le_bytes()).collect()
}

fn padded(text: &str, length: usize) -> Vec<u8> {
    format!("{text:length$}").into_bytes()
}

fn header(file: &mut Vec<u8>, name: &str, kind: &str, sizes: &[usize]) {
    record(file, &padded(name, 4));
    let description = padded(&format!("Array {name}"), 70);
    let sizes = [integers(&[sizes.len()]), integers(sizes)].concat();
    data(file, &[kind.as_bytes(), &description, &sizes]);
}

/// Lines of twelve letters, two to a record at most.
fn texts(file: &mut Vec<u8>, lines: &[&str]) {
    let records = lines.len().div_ceil(2);
    for (index, part) in lines.chunks(2).enumerate() {
        let letters: Vec<u8> = part.iter().flat_map(|line| padded(line, 12)).collect();
        data(file, &[&integers(&[records - index, lines.len(), part.len()]), &letters]);
    }
}

fn sets(file: &mut Vec<u8>, array: &Array) {
    let mut distinct: Vec<&(&str, Vec<&str>)> = Vec::new();
    for set in &array.sets {
        if !distinct.iter().any(|known| known.0 == set.0) {
            distinct.push(set);
        }
    }
    let count = array.sets.len();
    let names: Vec<u8> = array.sets.iter().flat_map(|(set, _)| padded(set, 12)).collect();
    data(
        file,
        &[
            &integers(&[distinct.len(), 1, count]),
            &padded(array.name, 12),
            &integers(&[1]),
            &names,
            &vec![b'k'; count],
            &integers(&vec![0; count + 1]),
        ],
    );
    for (_, elements) in distinct {
        texts(file, elements);
    }
}

/// In blocks of the last index, as large arrays are.
fn full(file: &mut Vec<u8>, array: &Array, sizes: &[usize]) {
    let last = array.sets.len() - 1;
    let blocks = sizes[last];
    let records = 2 * blocks + 1;
    data(file, &[&integers(&[records, 7]), &integers(sizes)]);
    for (block, values) in array.values.chunks(array.values.len() / blocks).enumerate() {
        let left = records - 1 - 2 * block;
        let mut bounds = vec![left];
        for (dimension, size) in sizes.iter().enumerate() {
            let whole = if dimension == last { [block + 1, block + 1] } else { [1, *size] };
            bounds.extend(whole);
        }
        data(file, &[&integers(&bounds)]);
        let values: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        data(file, &[&integers(&[left - 1]), &values]);
    }
}

fn sparse(file: &mut Vec<u8>, array: &Array) {
    let cells: Vec<(usize, f32)> = array
        .values
        .iter()
        .enumerate()
        .filter(|(_, value)| **value != 0.0)
        .map(|(place, value)| (place + 1, *value))
        .collect();
    data(file, &[&integers(&[cells.len(), 4, 4]), &padded("", 80)]);
    let records = cells.len().div_ceil(5).max(1);
    for index in 0..records {
        let part: Vec<(usize, f32)> = cells.iter().skip(index * 5).take(5).copied().collect();
        let places: Vec<usize> = part.iter().map(|(place, _)| *place).collect();
        let values: Vec<u8> = part.iter().flat_map(|(_, value)| value.to_le_bytes()).collect();
        let counts = integers(&[records - index, cells.len(), part.len()]);
        data(file, &[&counts, &integers(&places), &values]);
    }
}
