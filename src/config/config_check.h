/* What options say together. Internal to config/. */
#ifndef CONFIG_CONFIG_CHECK_H
#define CONFIG_CONFIG_CHECK_H

#include "config/options.h"

/* Also sets what follows from others: one level without --concurrency, the URL of a reset. */
bool config_check_together(struct config *config, struct error *error);
/* The part of it that is about the options of one level. */
bool config_check_level(struct config *config, struct error *error);

/* "@FILE" gives way to what the file holds. */
bool config_read_at_file(char **value, const char *name, bool first_line_only, struct error *error);
/* Begins it with http:// where it has no scheme. */
void config_complete_url(char **url);
/* With its key, as files hold it. */
void config_write_option(const struct config *config, const struct option *option,
                         struct json_writer *json);

#endif
