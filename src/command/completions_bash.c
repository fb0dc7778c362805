/* The script for bash: one function, with the options in its cases. */
#include <stdio.h>
#include <string.h>

#include "command/completions.h"
#include "dataset/dataset.h"

/* As the script calls them. */
static const char *const kind_names[] = {"none", "value", "words", "files", "folders", "datasets"};

static void print_builtins(void)
{
    for (size_t i = 0; dataset_builtin_names[i]; i++)
        printf("%s%s", i ? " " : "", dataset_builtin_names[i]);
}

static void print_bash_options(const struct completed *command, const struct config *config)
{
    printf("    '");
    completed_print(command);
    printf("') operands=%s options='--help", kind_names[command->operands]);
    const struct option *option;
    for (size_t i = 0; (option = completed_option(command, &i));)
        printf(" --%s%s", completed_is_on(command, option, config) ? "no-" : "",
               completed_name(command, option));
    puts("' ;;");
}

static void print_bash_values(const struct completed *command)
{
    const struct option *option;
    for (size_t i = 0; (option = completed_option(command, &i));) {
        enum kind kind = completed_kind(option);
        if (kind == KIND_NONE)
            continue;
        printf("    '");
        completed_print(command);
        printf(" --%s'", completed_name(command, option));
        if (option->short_name) {
            printf("|'");
            completed_print(command);
            printf(" -%c'", option->short_name);
        }
        printf(") kind=%s", kind_names[kind]);
        if (kind == KIND_WORDS) {
            printf(" words='");
            completed_print_choices(option);
            putchar('\'');
        }
        puts(" ;;");
    }
}

void completions_print_bash(const struct config *config)
{
    puts("# bash completion for fluxperf, made by: fluxperf completions bash\n"
         "_fluxperf()\n"
         "{\n"
         "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
         "    local before= command=run option= options= operands=none kind= words= subs= word\n"
         "    (( COMP_CWORD > 1 )) && before=${COMP_WORDS[COMP_CWORD-2]}\n"
         "    COMPREPLY=()");
    printf("    local builtins='");
    print_builtins();
    puts("'\n"
         "    # A colon and an equals sign are words of their own.\n"
         "    if [[ $cur == : && $prev == builtin ]]; then\n"
         "        mapfile -t COMPREPLY < <(compgen -W \"$builtins\")\n"
         "        return\n"
         "    elif [[ $prev == : && $before == builtin ]]; then\n"
         "        mapfile -t COMPREPLY < <(compgen -W \"$builtins\" -- \"$cur\")\n"
         "        return\n"
         "    fi\n"
         "    case ${COMP_WORDS[1]} in");
    for (size_t i = 0; i < completed_count; i++) {
        if (i && strcmp(completed_commands[i].name, completed_commands[i - 1].name) == 0)
            continue;
        printf("    %s) ", completed_commands[i].name);
        if (completed_commands[i].sub) {
            printf("command=\"%s ${COMP_WORDS[2]}\" subs='", completed_commands[i].name);
            completed_print_words(completed_commands[i].name);
            puts("' ;;");
        } else {
            printf("command=%s ;;\n", completed_commands[i].name);
        }
    }
    puts("    esac\n"
         "    case $command in");
    for (size_t i = 0; i < completed_count; i++)
        print_bash_options(&completed_commands[i], config);
    printf("    esac\n"
           "    if (( COMP_CWORD == 1 )) && [[ $cur != -* ]]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W '");
    completed_print_words(NULL);
    puts("' -- \"$cur\")\n"
         "        return\n"
         "    elif (( COMP_CWORD == 2 )) && [[ $subs && $cur != -* ]]; then\n"
         "        mapfile -t COMPREPLY < <(compgen -W \"$subs\" -- \"$cur\")\n"
         "        return\n"
         "    fi\n"
         "    if [[ $prev == = ]]; then\n"
         "        option=$before\n"
         "    elif [[ $cur == = ]]; then\n"
         "        option=$prev cur=\n"
         "    elif [[ $prev == -* ]]; then\n"
         "        option=$prev\n"
         "    fi\n"
         "    case \"$command $option\" in");
    for (size_t i = 0; i < completed_count; i++)
        print_bash_values(&completed_commands[i]);
    puts("    esac\n"
         "    if [[ ! $kind && $cur == -* ]]; then\n"
         "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
         "        return\n"
         "    fi\n"
         "    case ${kind:-$operands} in\n"
         "    words) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\") ;;\n"
         "    folders) mapfile -t COMPREPLY < <(compgen -d -- \"$cur\") ;;\n"
         "    files) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
         "    datasets)\n"
         "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
         "        for word in $builtins; do\n"
         "            [[ builtin:$word == \"$cur\"* ]] && COMPREPLY+=(\"builtin:$word\")\n"
         "        done ;;\n"
         "    esac\n"
         "    case ${kind:-$operands} in\n"
         "    folders|files|datasets) compopt -o filenames 2>/dev/null ;;\n"
         "    esac\n"
         "}\n"
         "complete -F _fluxperf fluxperf");
}
