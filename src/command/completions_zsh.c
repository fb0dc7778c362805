/* The script for zsh: options as specifications for _arguments. */
#include <stdio.h>
#include <string.h>

#include "command/completions.h"
#include "dataset/dataset.h"

/* Inside single quotes and square brackets. */
static void print_zsh_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]:\\", *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void print_zsh_action(enum kind kind)
{
    switch (kind) {
    case KIND_FOLDERS:
        fputs("_files -/", stdout);
        break;
    case KIND_FILES:
        fputs("_files", stdout);
        break;
    case KIND_DATASETS:
        fputs("_fluxperf_datasets", stdout);
        break;
    case KIND_NONE:
    case KIND_VALUE:
    case KIND_WORDS:
        putchar(' ');
        break;
    }
}

static void print_zsh_option(const struct completed *command, const struct option *option,
                             const struct config *config)
{
    const char *name = completed_name(command, option);
    const char *no = completed_is_on(command, option, config) ? "no-" : "";
    enum kind kind = completed_kind(option);
    if (option->type == OPTION_REPEATED && option->short_name)
        printf("        '*'{-%c,--%s}'[", option->short_name, name);
    else if (option->short_name)
        printf("        '(-%c --%s)'{-%c,--%s}'[", option->short_name, name, option->short_name,
               name);
    else
        printf("        '--%s%s[", no, name);
    print_zsh_text(option->help);
    putchar(']');
    if (kind == KIND_WORDS) {
        fputs(":WORD:(", stdout);
        completed_print_choices(option);
        putchar(')');
    } else if (kind != KIND_NONE) {
        putchar(':');
        print_zsh_text(option->argument);
        putchar(':');
        print_zsh_action(kind);
    }
    puts("'");
}

static void print_zsh_specs(const struct completed *command, const struct config *config)
{
    printf("    '");
    completed_print(command);
    puts("') specs=(\n        '(-h --help)'{-h,--help}'[say what it does]'");
    const struct option *option;
    for (size_t i = 0; (option = completed_option(command, &i));)
        print_zsh_option(command, option, config);
    if (command->operands != KIND_NONE) {
        printf("        '*:operand:");
        print_zsh_action(command->operands);
        puts("'");
    }
    puts("        ) ;;");
}

void completions_print_zsh(const struct config *config)
{
    printf("#compdef fluxperf\n"
           "# zsh completion for fluxperf, made by: fluxperf completions zsh\n"
           "_fluxperf_datasets()\n"
           "{\n"
           "    _alternative 'files:file:_files' 'builtins:built-in dataset:(");
    for (size_t i = 0; dataset_builtin_names[i]; i++)
        printf("%sbuiltin\\:%s", i ? " " : "", dataset_builtin_names[i]);
    puts(")'\n"
         "}\n"
         "_fluxperf()\n"
         "{\n"
         "    local command=run subs=\n"
         "    local -a specs\n"
         "    if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then");
    printf("        compadd ");
    completed_print_words(NULL);
    puts("\n"
         "        return\n"
         "    fi\n"
         "    case $words[2] in");
    for (size_t i = 0; i < completed_count; i++) {
        if (i && strcmp(completed_commands[i].name, completed_commands[i - 1].name) == 0)
            continue;
        printf("    %s) ", completed_commands[i].name);
        if (completed_commands[i].sub) {
            printf("command=\"%s $words[3]\" subs='", completed_commands[i].name);
            completed_print_words(completed_commands[i].name);
            puts("'; shift words; (( CURRENT-- )) ;;");
        } else {
            printf("command=%s; shift words; (( CURRENT-- )) ;;\n", completed_commands[i].name);
        }
    }
    puts("    esac\n"
         "    if [[ -n $subs ]]; then\n"
         "        if (( CURRENT == 2 )); then\n"
         "            compadd ${=subs}\n"
         "            return\n"
         "        fi\n"
         "        shift words\n"
         "        (( CURRENT-- ))\n"
         "    fi\n"
         "    case $command in");
    for (size_t i = 0; i < completed_count; i++)
        print_zsh_specs(&completed_commands[i], config);
    puts("    esac\n"
         "    _arguments -s -S $specs\n"
         "}\n"
         "_fluxperf \"$@\"");
}
