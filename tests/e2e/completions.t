#!/usr/bin/perl
# Shells complete commands, options and values, and what they offer is what the commands take.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;
use Time::HiRes qw(sleep);

my $scratch = scratch;
my $script = spew("$scratch/fluxperf.bash", fluxperf('completions', 'bash')->{out});
my $binary = $ENV{FLUXPERF} // "$ROOT/fluxperf";

# What bash offers for the last of these words.
sub offered
{
    my $code = 'cd "$1"; source "$2"; shift 2; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fluxperf; '
        . 'printf "%s\n" "${COMPREPLY[@]}"';
    open my $pipe, '-|', 'bash', '--norc', '-c', $code, 'bash', "$scratch", $script, 'fluxperf', @_ or die $!;
    return sort split /\n/, join '', <$pipe>;
}

mkdir "$scratch/runs";
spew("$scratch/rows.jsonl", qq({"text":"a"}\n));

# words, what is offered
my @cases = (
    [[''], 'check compare completions convert demo export mock-server run view'],
    [['co'], 'compare completions convert'],
    [['check', ''], 'dataset endpoint prometheus'],
    [['convert', 'l'], 'longbench'],
    [['completions', ''], 'bash zsh'],
    [['--max-in'], '--max-input-length'],
    [['run', '--reset-cache-b'], '--reset-cache-between-concurrency --reset-cache-between-rounds'],
    [['-c', '4', '--mode', ''], 'auto dual_round multi_turn'],
    [['--mode', '=', 'm'], 'multi_turn'],
    [['--mode', '='], 'auto dual_round multi_turn'],
    [['--output-dir', 'r'], 'runs'],
    [['-o', 'r'], 'runs'],
    [['--dataset', 'ro'], 'rows.jsonl'],
    [['--dataset', 'bu'], join ' ', map { "builtin:$_" } qw(chinese demo example mixed-scripts multi-turn shared-prefix single-prompts)],
    [['-d', 'builtin', ':', 'sh'], 'shared-prefix'],
    [['-d', 'builtin', ':'], 'chinese demo example mixed-scripts multi-turn shared-prefix single-prompts'],
    [['--model', ''], ''],
    [['convert', 'longbench', '--format', 'c'], 'concatenate context_only context_question'],
    [['convert', 'sharegpt', 'ro'], 'rows.jsonl'],
    [['export', 'ru'], 'runs'],
    [['mock-server', '--pref'], '--prefill-rate'],
    [['check', 'endpoint', '--ev'], '--events'],
);
for my $case (@cases) {
    my ($words, $expected) = @$case;
    is(join(' ', offered(@$words)), $expected, "fluxperf @$words<Tab>");
}

my ($listed) = fluxperf('--help')->{out} =~ /^Commands:\n(.*?)\n\n/ms;
my %first = map { $_ => 1 } offered('');
ok($first{$_}, "the command $_ is offered") for $listed =~ /^  ([a-z-]+)/mg;

# command, where its help is
for my $command ([], ['compare'], ['export'], ['check', 'dataset'], ['check', 'endpoint'],
    ['convert', 'longbench'], ['convert', 'sharegpt'], ['mock-server'])
{
    my @words = @$command;
    my $help = fluxperf(@words, '--help', @words ? () : 'all')->{out};
    $help =~ s/\nExamples?:.*//s;
    my %in_help = map { $_ => 1 } $help =~ /^ +(?:-\w, )?(--[a-z0-9][\w-]*)/mg, $help =~ /^ +--[\w-]+ \S+ (--\w+)/mg;
    my %offered = map { $_ => 1 } offered(@words, '--');
    delete $_->{'--help'} for \%in_help, \%offered;
    is(join(' ', sort keys %offered), join(' ', sort keys %in_help), 'options of fluxperf ' . join ' ', @words);
}

subtest 'in a bash on a terminal' => sub {
    my @tmux = ('tmux', '-L', "fluxperf-completions-$$");
    my $screen = sub { my $text = qx(@tmux capture-pane -p 2>/dev/null); return $text };
    system(@tmux, 'new-session', '-d', '-x', 100, '-y', 20, "env PS1='> ' bash --norc --noprofile") == 0 or die 'no tmux';
    my $shows = sub { my ($what) = @_; return wait_until(sub { $screen->() =~ $what }, 10) };
    ok($shows->(qr/^>/m), 'a prompt');
    system(@tmux, 'send-keys', "source $script", 'Enter');
    my $type = sub { system(@tmux, 'send-keys', '-l', '--', $_[0]); system(@tmux, 'send-keys', 'Tab') };
    $type->('fluxperf --max-inp');
    ok($shows->(qr/^> fluxperf --max-input-length/m), 'an option') or diag($screen->());
    $type->('8 --cold-start dis');
    ok($shows->(qr/--max-input-length 8 --cold-start disjoint/), 'a value') or diag($screen->());
    $type->('-d builtin:ch');
    ok($shows->(qr/-d builtin:chinese/), 'a built-in dataset') or diag($screen->());
    system("@tmux kill-server 2>/dev/null");
};

SKIP: {
    skip 'there is no zsh', 1 if system('command -v zsh >/dev/null') != 0;
    my $zsh = spew("$scratch/_fluxperf", fluxperf('completions', 'zsh')->{out});
    is(system('zsh', '-n', $zsh), 0, 'zsh reads its script');
}

is(fluxperf('completions', 'fish')->{exit}, 2, 'no other shell');
done_testing;
