//! Delta tables on local disks: snapshots, their files, commits. The kernel's default engine with a
//! store that flushes before it says that a file is there.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use delta_kernel::arrow::array::{
    Array, ArrayRef, Int64Array, Int64Builder, ListBuilder, RecordBatch, RecordBatchIterator,
    RecordBatchReader, StringArray,
};
use delta_kernel::arrow::datatypes::{DataType as ArrowType, Field, Schema as ArrowSchema};
use delta_kernel::committer::FileSystemCommitter;
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::object_store::local::LocalFileSystem;
use delta_kernel::object_store::DynObjectStore;
use delta_kernel::scan::state::ScanFile;
use delta_kernel::schema::{DataType, MapType, StructField, StructType};
use delta_kernel::snapshot::Snapshot as KernelSnapshot;
use delta_kernel::snapshot::SnapshotRef;
use delta_kernel::transaction::create_table::create_table;
use delta_kernel::transaction::data_layout::DataLayout;
use delta_kernel::transaction::{CommitResult, CommittedTransaction, UpdateTableOperation};
use delta_kernel::{Engine, EngineData, FilteredEngineData};
use delta_kernel_default_engine::executor::tokio::TokioMultiThreadExecutor;
use delta_kernel_default_engine::{DefaultEngine, DefaultEngineBuilder};
use serde_json::{json, Value};
use url::Url;

use crate::committer::WatchedCommitter;
use crate::fault::{Fault, Kind};
use crate::log_files;

const ENGINE: &str = "Sluice";

type LocalEngine = DefaultEngine<TokioMultiThreadExecutor>;

/// One for the process: its threads are few and sleep.
fn engine() -> Result<&'static LocalEngine, Fault> {
    static ENGINE: OnceLock<LocalEngine> = OnceLock::new();
    if let Some(engine) = ENGINE.get() {
        return Ok(engine);
    }
    let executor = TokioMultiThreadExecutor::new_owned_runtime(Some(1), Some(4))?;
    let store: Arc<DynObjectStore> = Arc::new(LocalFileSystem::new().with_fsync(true));
    let made = DefaultEngineBuilder::new(store).with_task_executor(Arc::new(executor)).build();
    Ok(ENGINE.get_or_init(|| made))
}

fn url_of(root: &str) -> Result<Url, Fault> {
    Url::from_directory_path(Path::new(root))
        .map_err(|()| Fault::new(Kind::Invalid, "the table's root is not an absolute path"))
}

/// What a person can mend is a file, and the kernel names none.
fn with_file(fault: Fault, log: &Path) -> Fault {
    match log_files::find_fault(log) {
        Some(file) => Fault::new(Kind::Corrupt, format!("{file}; {}", fault.text)),
        None => fault,
    }
}

fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

/// The version that was made, where the kernel gives it.
pub fn create(root: &str, request: &str) -> Result<Option<Snapshot>, Fault> {
    let request: Value = serde_json::from_str(request)?;
    let schema: StructType = serde_json::from_value(request["schema"].clone())?;
    let partition_by = texts(&request["partition_by"]);
    let engine = engine()?;
    std::fs::create_dir_all(root).map_err(|error| Fault::new(Kind::Unavailable, error))?;
    let note = request["note"].as_str().unwrap_or_default().to_owned();
    let mut builder = create_table(url_of(root)?, Arc::new(schema), ENGINE, false)
        .with_operation_parameters([("sluice", Some(note))]);
    if let Some(properties) = request["properties"].as_object() {
        builder = builder.with_table_properties(
            properties.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned())),
        );
    }
    if !partition_by.is_empty() {
        builder = builder.with_data_layout(DataLayout::partitioned(partition_by));
    }
    let transaction = builder.build(engine, Box::new(FileSystemCommitter::new()))?;
    match transaction.commit(engine)? {
        CommitResult::Committed(done) => Ok(Snapshot::made_by(&done)),
        CommitResult::Conflicted(_) => Err(Fault::new(Kind::Exists, "another writer made it")),
        CommitResult::Retryable(failed) => Err(failed.error.into()),
    }
}

pub enum Outcome {
    Committed(i64, Option<Snapshot>),
    Conflict(i64),
    Unknown(String),
}

pub struct Snapshot {
    inner: SnapshotRef,
}

impl Snapshot {
    pub fn load(root: &str) -> Result<Self, Fault> {
        let log = Path::new(root).join("_delta_log");
        match std::fs::read_dir(&log) {
            Ok(mut entries) => {
                if entries.next().is_none() {
                    return Err(Fault::new(Kind::NotFound, "the log is empty"));
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Fault::new(Kind::NotFound, "there is no log"));
            }
            Err(error) => return Err(Fault::new(Kind::Unavailable, error)),
        }
        if let Some(empty) = log_files::find_empty_commit(&log) {
            return Err(Fault::new(Kind::Corrupt, empty));
        }
        KernelSnapshot::builder_for(url_of(root)?)
            .build(engine()?)
            .map(|inner| Self { inner })
            .map_err(|error| with_file(error.into(), &log))
    }

    /// Of what is read of the log after the version was found.
    fn blame(&self, fault: Fault) -> Fault {
        match self.inner.table_root().to_file_path() {
            Ok(root) => with_file(fault, &root.join("_delta_log")),
            Err(()) => fault,
        }
    }

    fn made_by(done: &CommittedTransaction) -> Option<Self> {
        done.post_commit_snapshot().map(|made| Self { inner: Arc::clone(made) })
    }

    pub fn version(&self) -> i64 {
        self.inner.version() as i64
    }

    pub fn describe(&self) -> Result<String, Fault> {
        let configuration = self.inner.table_configuration();
        let properties = configuration.metadata().configuration();
        let is_on = |name: &str| {
            properties.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
        };
        let mapping = properties.get("delta.columnMapping.mode");
        let description = json!({
            "schema": serde_json::to_value(self.inner.schema().as_ref())?,
            "partition_by": configuration.metadata().partition_columns(),
            "properties": properties,
            "change_feed": is_on("delta.enableChangeDataFeed"),
            "mapped": mapping.is_some_and(|mode| mode != "none"),
            "unwritable": self.refusal(),
        });
        Ok(description.to_string())
    }

    /// Why no commit to this version can be made; found before a data file is written.
    fn refusal(&self) -> Option<String> {
        let engine = engine().ok()?;
        Arc::clone(&self.inner)
            .update_table(UpdateTableOperation::Write, ENGINE, true)
            .build(engine, Box::new(FileSystemCommitter::new()))
            .err()
            .map(|error| Fault::from(error).text)
    }

    fn scan_files(&self) -> Result<Vec<ScanFile>, Fault> {
        self.read_scan_files().map_err(|fault| self.blame(fault))
    }

    fn read_scan_files(&self) -> Result<Vec<ScanFile>, Fault> {
        let scan = Arc::clone(&self.inner).scan_builder().build()?;
        let mut files = Vec::new();
        for metadata in scan.scan_metadata(engine()?)? {
            files = metadata?.visit_scan_files(files, |list: &mut Vec<ScanFile>, file| {
                list.push(file);
            })?;
        }
        Ok(files)
    }

    pub fn files(&self) -> Result<Box<dyn RecordBatchReader + Send>, Fault> {
        let root = self.inner.table_root();
        let files = self.scan_files()?;
        let mut places = Vec::with_capacity(files.len());
        let mut deleted = ListBuilder::new(Int64Builder::new());
        for file in &files {
            places.push(place_of(root, &file.path)?);
            match file.dv_info.get_row_indexes(engine()?, root)? {
                Some(rows) => {
                    deleted.append_value(rows.into_iter().map(|row| Some(row as i64)));
                }
                None => deleted.append_null(),
            }
        }
        let rows = files.iter().map(|file| {
            file.stats.as_ref().map_or(-1, |stats| stats.num_records as i64)
        });
        let deleted = deleted.finish();
        let mut fields = vec![
            Field::new("path", ArrowType::Utf8, true),
            Field::new("place", ArrowType::Utf8, true),
            Field::new("bytes", ArrowType::Int64, true),
            Field::new("rows", ArrowType::Int64, true),
            Field::new("deleted", deleted.data_type().clone(), true),
        ];
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(files.iter().map(|file| &file.path))),
            Arc::new(StringArray::from(places)),
            Arc::new(Int64Array::from_iter_values(files.iter().map(|file| file.size))),
            Arc::new(Int64Array::from_iter_values(rows)),
            Arc::new(deleted),
        ];
        let partition_by = self.inner.table_configuration().metadata().partition_columns();
        for (index, column) in partition_by.iter().enumerate() {
            fields.push(Field::new(format!("p{index}"), ArrowType::Utf8, true));
            let values = files.iter().map(|file| file.partition_values.get(column).cloned());
            columns.push(Arc::new(StringArray::from_iter(values)));
        }
        let schema = Arc::new(ArrowSchema::new(fields));
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns)
            .map_err(|error| Fault::new(Kind::Internal, error))?;
        Ok(Box::new(RecordBatchIterator::new([Ok(batch)], schema)))
    }

    pub fn find_transaction(&self, app: &str) -> Result<Option<i64>, Fault> {
        let found = self.inner.get_app_id_version(app, engine()?);
        found.map_err(|error| self.blame(error.into()))
    }

    pub fn commit(&self, request: &str) -> Result<Outcome, Fault> {
        let request: Value = serde_json::from_str(request)?;
        let engine = engine()?;
        let next = self.version() + 1;
        let note = request["note"].as_str().unwrap_or_default().to_owned();
        let operation = match request["operation"].as_str() {
            Some("merge") => UpdateTableOperation::Merge,
            Some("delete") => UpdateTableOperation::Delete,
            _ => UpdateTableOperation::Write,
        };
        let committer = WatchedCommitter::default();
        let was_sent = Arc::clone(&committer.was_sent);
        let mut transaction = Arc::clone(&self.inner)
            .update_table(operation, ENGINE, true)
            .with_operation_parameters([("sluice", Some(note))])
            .with_transaction_id(request["app"].as_str().unwrap_or_default(), next)
            .build(engine, Box::new(committer))?;
        let removed: HashSet<String> = texts(&request["removed"]).into_iter().collect();
        if !removed.is_empty() {
            for batch in self.remove_batches(&removed)? {
                transaction.remove_files(batch);
            }
        }
        let added = request["added"].as_array().map(Vec::as_slice).unwrap_or_default();
        if !added.is_empty() {
            let stats = with_booleans(&*transaction.stats_schema()?, &*self.inner.schema())?;
            transaction.add_files(add_batch(engine, added, stats)?);
        }
        let done = transaction.commit(engine);
        if !was_sent.load(Ordering::Acquire) {
            if let Err(error) = done {
                return Err(error.into());
            }
        }
        // From here on the commit may have been put, whatever came back.
        Ok(match done {
            Ok(CommitResult::Committed(done)) => {
                Outcome::Committed(done.commit_version() as i64, Self::made_by(&done))
            }
            Ok(CommitResult::Conflicted(lost)) => Outcome::Conflict(lost.conflict_version() as i64),
            Ok(CommitResult::Retryable(failed)) => Outcome::Unknown(Fault::from(failed.error).text),
            Err(error) => Outcome::Unknown(Fault::from(error).text),
        })
    }

    /// The scan's own rows with all but `removed` deselected. Each path must be there.
    fn remove_batches(&self, removed: &HashSet<String>) -> Result<Vec<FilteredEngineData>, Fault> {
        let scan = Arc::clone(&self.inner).scan_builder().build()?;
        let mut batches = Vec::new();
        let mut found = 0;
        for metadata in scan.scan_metadata(engine()?)? {
            let (data, selected) = metadata?.scan_files.into_parts();
            let batch = data
                .any_ref()
                .downcast_ref::<ArrowEngineData>()
                .map(ArrowEngineData::record_batch)
                .ok_or_else(|| Fault::new(Kind::Internal, "scan metadata is not Arrow"))?;
            let paths = batch
                .column_by_name("path")
                .and_then(|column| column.as_any().downcast_ref::<StringArray>())
                .ok_or_else(|| Fault::new(Kind::Internal, "scan metadata has no paths"))?;
            let wanted: Vec<bool> = (0..batch.num_rows())
                .map(|row| {
                    selected.get(row).copied().unwrap_or(true) && removed.contains(paths.value(row))
                })
                .collect();
            let count = wanted.iter().filter(|one| **one).count();
            if count > 0 {
                found += count;
                batches.push(FilteredEngineData::try_new(data, wanted)?);
            }
        }
        if found != removed.len() {
            return Err(Fault::new(Kind::Internal, "a file to remove is not the table's"));
        }
        Ok(batches)
    }

    /// The same version, which is read from its checkpoint.
    pub fn checkpoint(&self) -> Result<Self, Fault> {
        let (_, inner) = self.inner.checkpoint(engine()?, None)?;
        Ok(Self { inner })
    }
}

/// The kernel looks for no bounds of truths, and readers that look for bounds of all columns take
/// one without them for one that no row can match.
fn with_booleans(stats: &StructType, table: &StructType) -> Result<StructType, Fault> {
    let counted: HashSet<String> = match stats.field("nullCount").map(StructField::data_type) {
        Some(DataType::Struct(counts)) => counts.fields().map(|one| one.name().clone()).collect(),
        _ => HashSet::new(),
    };
    let is_counted = |one: &&StructField| {
        *one.data_type() == DataType::BOOLEAN && counted.contains(one.name())
    };
    let booleans: Vec<StructField> = table
        .fields()
        .filter(is_counted)
        .map(|one| StructField::nullable(one.name(), DataType::BOOLEAN))
        .collect();
    let mut fields = Vec::new();
    for field in stats.fields() {
        fields.push(match (field.name().as_str(), field.data_type()) {
            ("minValues" | "maxValues", DataType::Struct(bounds)) => {
                let all = bounds.fields().cloned().chain(booleans.iter().cloned());
                StructField::nullable(field.name(), DataType::from(StructType::try_new(all)?))
            }
            _ => field.clone(),
        });
    }
    Ok(StructType::try_new(fields)?)
}

fn add_batch(
    engine: &LocalEngine,
    added: &[Value],
    stats: StructType,
) -> Result<Box<dyn EngineData>, Fault> {
    let values = MapType::new(DataType::STRING, DataType::STRING, true);
    let schema = StructType::try_new([
        StructField::not_null("path", DataType::STRING),
        StructField::not_null("partitionValues", DataType::from(values)),
        StructField::not_null("size", DataType::LONG),
        StructField::not_null("modificationTime", DataType::LONG),
        StructField::nullable("stats", DataType::from(stats)),
    ])?;
    let lines = added.iter().map(|file| {
        let mut file = file.clone();
        file["path"] = json!(encode_path(file["path"].as_str().unwrap_or_default()));
        file.to_string()
    });
    let column: ArrayRef = Arc::new(StringArray::from_iter_values(lines));
    let batch = RecordBatch::try_from_iter([("json", column)])
        .map_err(|error| Fault::new(Kind::Internal, error))?;
    let lines: Box<dyn EngineData> = Box::new(ArrowEngineData::new(batch));
    Ok(engine.json_handler().parse_json(lines, Arc::new(schema))?)
}

/// A relative path as a log has it.
fn encode_path(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'~' | b'/' | b'=' | b'-' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn place_of(root: &Url, path: &str) -> Result<String, Fault> {
    let url = root.join(path).map_err(|error| Fault::new(Kind::Corrupt, error))?;
    let place = url.to_file_path().map_err(|()| {
        Fault::new(Kind::Unsupported, format!("a data file is not on a local disk: '{path}'"))
    })?;
    Ok(place.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_comes_back_from_its_written_form() {
        let root = Url::from_directory_path("/lake/a [x]/t").unwrap();
        let encoded = encode_path("day=a%20b/f 1?.parquet");
        assert_eq!(encoded, "day=a%2520b/f%201%3F.parquet");
        assert_eq!(place_of(&root, &encoded).unwrap(), "/lake/a [x]/t/day=a%20b/f 1?.parquet");
    }

    #[test]
    fn a_folder_without_a_log_is_not_a_table() {
        let fault = Snapshot::load("/nowhere/at/all").err().unwrap();
        assert_eq!(fault.kind, Kind::NotFound);
    }

    struct TempFolder(std::path::PathBuf);
    impl TempFolder {
        fn make() -> Self {
            let name = format!("sluice-bridge-{}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            std::fs::create_dir(&folder).unwrap();
            Self(folder)
        }
    }
    impl Drop for TempFolder {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn make_table(root: &str) {
        let request = json!({
            "schema": {"type": "struct", "fields": [
                {"name": "id", "type": "long", "nullable": false, "metadata": {}},
                {"name": "day", "type": "string", "nullable": true, "metadata": {}},
            ]},
            "partition_by": ["day"],
            "properties": {"delta.setTransactionRetentionDuration": "interval 1 days"},
            "note": "made",
        });
        assert_eq!(create(root, &request.to_string()).unwrap().unwrap().version(), 0);
    }

    fn commit_of(app: &str, removed: &[&str]) -> String {
        json!({
            "app": app, "operation": "write", "note": "n", "removed": removed,
            "added": [{
                "path": format!("day=a b/{app}.parquet"), "partitionValues": {"day": "a b"},
                "size": 10, "modificationTime": 1,
                "stats": {"numRecords": 2, "nullCount": {"id": 0},
                          "minValues": {"id": 1}, "maxValues": {"id": 2}},
            }],
        })
        .to_string()
    }

    #[test]
    fn a_commit_names_its_files_and_its_key() {
        let folder = TempFolder::make();
        let root = folder.0.to_str().unwrap();
        make_table(root);
        assert_eq!(create(root, "{}").err().unwrap().kind, Kind::Invalid);
        let made = Snapshot::load(root).unwrap();
        assert_eq!(made.version(), 0);
        assert!(matches!(made.commit(&commit_of("one", &[])), Ok(Outcome::Committed(1, _))));
        assert!(matches!(made.commit(&commit_of("two", &[])), Ok(Outcome::Conflict(1))));
        let first = Snapshot::load(root).unwrap();
        assert_eq!(first.find_transaction("one").unwrap(), Some(1));
        assert_eq!(first.find_transaction("two").unwrap(), None);
        let files = first.scan_files().unwrap();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].stats.as_ref().unwrap().num_records, 2);
        let path = files[0].path.clone();
        let wanted = commit_of("two", &[&path]);
        let Ok(Outcome::Committed(2, Some(next))) = first.commit(&wanted) else {
            panic!("expected a second version");
        };
        let second = Snapshot::load(root).unwrap();
        assert_eq!(second.scan_files().unwrap().len(), 1);
        assert!(second.commit(&commit_of("three", &["nothing.parquet"])).is_err());
        let kept = second.checkpoint().unwrap();
        assert_eq!(Snapshot::load(root).unwrap().find_transaction("one").unwrap(), Some(1));
        let mut unpartitioned: Value = serde_json::from_str(&commit_of("bad", &[])).unwrap();
        unpartitioned["added"][0]["partitionValues"] = json!({});
        let refused = second.commit(&unpartitioned.to_string()).err().unwrap();
        assert_eq!(refused.kind, Kind::Invalid, "nothing was sent: {}", refused.text);
        for same in [&next, &kept] {
            assert_eq!(same.version(), 2);
            assert_eq!(same.find_transaction("two").unwrap(), Some(2));
            assert_eq!(same.scan_files().unwrap()[0].path, second.scan_files().unwrap()[0].path);
        }
        assert!(matches!(next.commit(&commit_of("four", &[])), Ok(Outcome::Committed(3, _))));
    }
}
