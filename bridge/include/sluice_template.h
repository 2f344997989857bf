// Text templates in the language of Jinja. A template sees the context that it is given and nothing
// else: no file, no other template, no clock. A name that has no value is an error. Values are
// escaped for HTML when the template's name ends with ".html", and never else.
//
// Both functions bound what a template may take: its length, its nesting, its steps, the memory it
// holds, its time and what it writes. A limit that was reached is SLUICE_BRIDGE_EXHAUSTED; a
// template that is wrong is SLUICE_BRIDGE_INVALID. *line is the line of the template that is to
// blame, counted from 1, or 0 when none is. Safe from any thread.
#pragma once

#include "sluice_bridge.h"

#ifdef __cplusplus
extern "C" {
#endif

// Reads the template without rendering it: its syntax, and that all filters, tests and functions
// that it names exist.
int32_t sluice_template_check(const char* name, const char* source, uint32_t* line, char** text);

// After OK *text is the rendered text, with a space for each zero byte. `context`: a JSON object,
// whose keys are the names that the template may use.
int32_t sluice_template_render(const char* name, const char* source, const char* context,
                               uint32_t* line, char** text);

#ifdef __cplusplus
}
#endif
