/* The stages of a recipe, one session after the other. */
#ifndef COMMAND_STAGES_H
#define COMMAND_STAGES_H

/* `words` are those of the command line, as given: its options win over the recipe's. All stages
 * are checked before the first one sends anything. Returns the exit status: the gravest of all
 * stages. */
int stages_run(const char *path, int word_count, char *const *words, const char *command_line);

#endif
