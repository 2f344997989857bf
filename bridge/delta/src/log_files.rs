//! The files of a table's log as the disk has them: which of them is at fault when a version cannot
//! be read. The kernel says what is wrong and not where.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde_json::Value;

struct LogFile {
    version: u64,
    path: PathBuf,
}

/// Of `checkpoint.N.M.parquet`: which part it is, and of how many.
fn part_of(rest: &str) -> Option<(u64, u64)> {
    let (number, count) =
        rest.strip_prefix("checkpoint.")?.strip_suffix(".parquet")?.split_once('.')?;
    Some((number.parse().ok()?, count.parse().ok()?))
}

/// Commits and checkpoints, by their numbers; a checkpoint that lacks parts is none.
struct LogFiles {
    commits: Vec<LogFile>,
    checkpoints: Vec<LogFile>,
}

fn list(log: &Path) -> std::io::Result<LogFiles> {
    let mut files = LogFiles { commits: Vec::new(), checkpoints: Vec::new() };
    let mut in_parts: BTreeMap<(u64, u64), BTreeMap<u64, PathBuf>> = BTreeMap::new();
    for entry in std::fs::read_dir(log)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((number, rest)) = name.split_once('.') else { continue };
        let Ok(version) = number.parse::<u64>() else { continue };
        if rest == "json" {
            files.commits.push(LogFile { version, path });
        } else if let Some((part, count)) = part_of(rest) {
            in_parts.entry((version, count)).or_default().insert(part, path);
        } else if rest.starts_with("checkpoint.") {
            files.checkpoints.push(LogFile { version, path });
        }
    }
    for ((version, count), parts) in in_parts {
        if parts.keys().copied().eq(1..=count) {
            files.checkpoints.extend(parts.into_values().map(|path| LogFile { version, path }));
        }
    }
    files.commits.sort_by_key(|file| file.version);
    files.checkpoints.sort_by_key(|file| file.version);
    Ok(files)
}

impl LogFiles {
    fn newest_checkpoint(&self) -> Option<u64> {
        self.checkpoints.last().map(|file| file.version)
    }

    /// The commits that are read after the newest checkpoint.
    fn tail(&self) -> impl Iterator<Item = &LogFile> {
        let from = self.newest_checkpoint();
        self.commits.iter().filter(move |file| from.is_none_or(|version| file.version > version))
    }
}

/// A commit without a byte: its writer died, and the kernel reads it as one that changes nothing.
pub fn find_empty_commit(log: &Path) -> Option<String> {
    let files = list(log).ok()?;
    let empty = files.tail().find(|file| {
        std::fs::metadata(&file.path).is_ok_and(|found| found.is_file() && found.len() == 0)
    });
    empty.map(|file| format!("the log entry '{}' has no bytes", file.path.display()))
}

fn is_whole_commit(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return true };
    BufReader::new(file).lines().all(|line| {
        line.is_ok_and(|text| {
            text.trim().is_empty() || serde_json::from_str::<Value>(&text).is_ok()
        })
    })
}

/// A Parquet file begins and ends with the same four bytes.
fn is_whole_parquet(path: &Path) -> bool {
    let Ok(mut file) = File::open(path) else { return true };
    let mut sign = [0; 4];
    file.seek(SeekFrom::End(-4)).is_ok() && file.read_exact(&mut sign).is_ok() && &sign == b"PAR1"
}

/// What of the log is cut or gone; nothing where all that is there looks whole.
pub fn find_fault(log: &Path) -> Option<String> {
    if let Some(empty) = find_empty_commit(log) {
        return Some(empty);
    }
    let files = list(log).ok()?;
    let newest = files.newest_checkpoint();
    let broken = files.checkpoints.iter().find(|file| {
        Some(file.version) == newest
            && file.path.extension().is_some_and(|ending| ending == "parquet")
            && !is_whole_parquet(&file.path)
    });
    if let Some(file) = broken {
        return Some(format!("the checkpoint '{}' is not whole", file.path.display()));
    }
    let mut expected = newest.map_or(0, |version| version + 1);
    for file in files.tail() {
        if file.version != expected {
            let gone = log.join(format!("{expected:020}.json"));
            return Some(format!("the log entry '{}' is gone", gone.display()));
        }
        if !is_whole_commit(&file.path) {
            return Some(format!("the log entry '{}' is not whole", file.path.display()));
        }
        expected += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_at_fault_is_named() {
        let name = format!("sluice-bridge-log-{}", std::process::id());
        let log = std::env::temp_dir().join(name);
        std::fs::create_dir(&log).unwrap();
        let put = |version: u64, ending: &str, text: &[u8]| {
            std::fs::write(log.join(format!("{version:020}.{ending}")), text).unwrap();
        };
        put(0, "json", b"{\"a\":1}\n");
        put(1, "json", b"{\"a\":1}\n{\"b\":2}\n");
        assert_eq!(find_fault(&log), None);
        put(3, "json", b"{\"a\":1}\n");
        assert!(find_fault(&log).unwrap().ends_with("00000000000000000002.json' is gone"));
        put(2, "json", b"{\"a\":");
        assert!(find_fault(&log).unwrap().ends_with("00000000000000000002.json' is not whole"));
        put(2, "json", b"");
        assert!(find_empty_commit(&log).unwrap().contains("00000000000000000002.json"));
        put(2, "checkpoint.parquet", b"PAR1");
        assert_eq!(find_empty_commit(&log), None, "no one reads what a checkpoint holds");
        assert_eq!(find_fault(&log), None);
        put(2, "checkpoint.parquet", b"PAR");
        assert!(find_fault(&log).unwrap().contains("checkpoint.parquet"));
        std::fs::remove_file(log.join(format!("{:020}.checkpoint.parquet", 2))).unwrap();
        put(3, "checkpoint.0000000001.0000000002.parquet", b"PAR1");
        assert!(find_empty_commit(&log).is_some(), "a half checkpoint holds nothing");
        put(3, "checkpoint.0000000002.0000000002.parquet", b"PAR1");
        assert_eq!(find_empty_commit(&log), None);
        put(3, "checkpoint.0000000001.0000000002.parquet", b"PAR");
        assert!(find_fault(&log).unwrap().contains("checkpoint.0000000001.0000000002.parquet"));
        std::fs::remove_dir_all(&log).unwrap();
    }
}
