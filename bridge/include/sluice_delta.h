// Delta tables: the kernel reads the log and commits; it moves no rows. Lists of files cross as
// Arrow streams, small things as JSON texts. A snapshot is one version of one table: it never
// changes and may be read from any thread.
#pragma once

#include "sluice_bridge.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ArrowArrayStream;
struct sluice_delta_snapshot;

// `request`: {"schema": <Delta schema>, "partition_by": [names], "properties": {name: value},
// "note": text}. `root` is an absolute path, here and below. *next as after a commit.
int32_t sluice_delta_create(const char* root, const char* request,
                            struct sluice_delta_snapshot** next, char** text);

int32_t sluice_delta_load(const char* root, struct sluice_delta_snapshot** out, char** text);
void sluice_delta_free(struct sluice_delta_snapshot* snapshot);
int64_t sluice_delta_version(const struct sluice_delta_snapshot* snapshot);

// {"schema": .., "partition_by": [..], "properties": {..}, "change_feed": bool, "mapped": bool,
// "unwritable": why no commit can be made, or null}
int32_t sluice_delta_describe(const struct sluice_delta_snapshot* snapshot, char** text);

// path (as the log has it), place (absolute local path), bytes, rows (-1: the log does not say),
// deleted (list of row numbers, NULL where none is), then p0, p1, ...: the values of the partition
// columns as text.
int32_t sluice_delta_files(const struct sluice_delta_snapshot* snapshot,
                           struct ArrowArrayStream* out, char** text);

// The version that a transaction of `app` recorded last; -1 when there is none.
int32_t sluice_delta_find_transaction(const struct sluice_delta_snapshot* snapshot, const char* app,
                                      int64_t* version, char** text);

// Commits on the snapshot's version or not at all. `request`: {"app": text, "operation": text,
// "note": text, "removed": [paths as the log has them], "added": [{"path": plain relative path,
// "partitionValues": {name: text or null}, "size": n, "modificationTime": ms, "stats": {..}}]}.
// Anything but OK, CONFLICT and UNKNOWN: nothing was sent. After OK *next is the version that was
// made, without reading the log again, or stays as it was.
int32_t sluice_delta_commit(const struct sluice_delta_snapshot* snapshot, const char* request,
                            int64_t* version, struct sluice_delta_snapshot** next, char** text);

// Writes a checkpoint of the snapshot's version; one there is success. *next is the same version,
// read from there.
int32_t sluice_delta_checkpoint(const struct sluice_delta_snapshot* snapshot,
                                struct sluice_delta_snapshot** next, char** text);

#ifdef __cplusplus
}
#endif
