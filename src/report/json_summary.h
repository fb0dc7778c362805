/* The two objects in front of a round's requests. */
#ifndef REPORT_JSON_SUMMARY_H
#define REPORT_JSON_SUMMARY_H

#include "report/baseline.h"

void json_configuration(struct buffer *out, const struct run *run, const struct level *level,
                        const struct round *round);
void json_summary(struct buffer *out, const struct run *run, const struct level *level,
                  const struct round *round, const struct baseline *baseline);

#endif
