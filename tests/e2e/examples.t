#!/usr/bin/perl
# The examples of the README, the manual and --help work as they are printed: they are run in a shell, in a
# directory that has the files they name, against the built-in server where they name a host.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Copy 'copy';
use File::Path 'make_path';
use Fluxperf;
use Test::More;

own_network;
my $binary = $ENV{FLUXPERF} // "$Fluxperf::ROOT/fluxperf";
my $scratch = scratch;
my $mock = mock(qw(--ttft 1 --itl 0.1 --prefill-rate 1e9 --reply-tokens 4));

# ---- what the examples take for granted

make_path("$scratch/bin", "$scratch/LongBench", map({ ("$scratch/old/$_", "$scratch/new/$_") } 1 .. 3),
    map { "$scratch/results/$_" } qw(before after old new));
symlink $binary, "$scratch/$_" or die $! for 'bin/fluxperf', 'fluxperf';
symlink "$Fluxperf::ROOT/$_", "$scratch/$_" or die $! for qw(datasets man);
dataset("$scratch/prompts.jsonl", map { "sample $_ asks" } 1 .. 60);
copy("$Fluxperf::ROOT/datasets/recipe_example.yaml", "$scratch/recipe.yaml") or die $!;
my $sharegpt = '[' . join(',', map {
    my $session = $_;
    qq({"id":"s$session","conversations":[) . join(',', map {
        qq({"from":"human","value":"question $_ of $session"},{"from":"gpt","value":"answer"})
    } 1 .. 4) . ']}'
} 1 .. 3) . ']';
spew("$scratch/$_", $sharegpt) for qw(ShareGPT.json ShareGPT_V3.json);
spew("$scratch/LongBench/narrativeqa.jsonl", map {
    qq({"_id":"$_","dataset":"narrativeqa","language":"en","context":"A story.","input":"Who $_?","answers":["x"],)
        . qq("length":3,"all_classes":null}\n)
} 1 .. 5);
my $first = fluxperf({cwd => "$scratch"}, '-d', 'prompts.jsonl', '-u', "127.0.0.1:$mock->{port}", qw(-c 4));
is($first->{exit}, 0, 'a run before the examples') or diag($first->{err});
for my $directory (glob "$scratch/results/{before,after,old,new} $scratch/{old,new}/{1,2,3}") {
    copy("$scratch/results/latest/journal.jsonl", "$directory/journal.jsonl") or die "$directory: $!";
}

# ---- finding them

# Each is [where, kind, text]; the kind is sh, recipe, slo or rows.
my @examples;

sub found { push @examples, [@_] }

sub find_in_readme
{
    my ($name) = @_;
    my $text = slurp("$Fluxperf::ROOT/$name");
    while ($text =~ /^```(\w*)\n(.*?)^```$/msg) {
        my ($kind, $block) = ($1, $2);
        if ($kind eq 'sh') { found($name, 'sh', $_) for split /\n(?! |done)/, $block }
        elsif ($kind eq 'json') { found($name, 'rows', $block) }
        elsif ($kind eq 'yaml') { found($name, $block =~ /^stages:|^suites:/m ? 'recipe' : 'slo', $block) }
    }
    $text =~ s/^```.*?^```$//msg;
    found($name, 'sh', $1) while $text =~ m{`((?:\./)?fluxperf [a-z-][^`]*|man \./[^`]*)`}g;
}

sub plain { my ($text) = @_; return $text =~ s/\\e/\\/gr =~ s/\\\(dq/"/gr =~ s/\\&//gr }

sub kind_of_block
{
    my ($block) = @_;
    return 'recipe' if $block =~ /^stages:|^suites:/m;
    return 'slo' if $block =~ /\A\s*(?:slo|constraints):/;
    return 'rows' if $block =~ /\A\s*(?:\[\s*)?\{/;
    return 'sh';
}

sub find_in_manual
{
    my ($path) = @_;
    my $name = $path =~ s{.*/}{}r;
    my $text = slurp($path);
    my ($examples) = $text =~ /^\.Sh EXAMPLES\n(.*?)(?=^\.Sh|\z)/ms;
    while (($examples // '') =~ /^\.Dl ([^\n]*)|^\.Bd -literal[^\n]*\n(.*?)^\.Ed$/msg) {
        my $example = plain($1 // $2);
        found($name, kind_of_block($example), $example);
    }
    $text =~ s/^\.Sh EXAMPLES\n.*?(?=^\.Sh|\z)//ms;
    while ($text =~ /^\.Bd -literal[^\n]*\n(.*?)^\.Ed$/msg) {
        my $block = plain($1);
        found($name, 'slo', $_) for grep { kind_of_block($_) eq 'slo' } split /\n\n/, $block;
    }
}

sub find_in_help
{
    my @command = @_;
    my $help = fluxperf(@command, '--help')->{out};
    my ($examples) = $help =~ /^Examples?:\n((?:  .*\n|\n)+)/m or return;
    found("@command --help", 'sh', $_) for grep { /\S/ } split /\n/, $examples;
}

find_in_readme('README.md');
find_in_manual($_) for sort glob "$Fluxperf::ROOT/man/*.[1-9]";
find_in_help(split / /) for '', qw(compare export mock-server), 'convert longbench', 'convert sharegpt', 'check dataset',
    'check endpoint', 'check prometheus';
cmp_ok(scalar @examples, '>=', 30, 'there are examples');

# ---- running them

# What takes long, needs a host or a terminal, or never ends is made to fit; nothing else is changed.
spew("$scratch/keys", "q\n");
sub fitted
{
    my ($text) = @_;
    $text =~ s{localhost:9090}{127.0.0.1:$mock->{port}/metrics}g;
    $text =~ s{localhost:800\d}{127.0.0.1:$mock->{port}}g;
    $text =~ s{https://llm\.example\.com/v1}{http://127.0.0.1:$mock->{port}/v1}g;
    $text =~ s{-z 60\b}{-z 0.2}g;
    $text =~ s{fluxperf demo\b}{fluxperf demo --mock-ttft 1 --mock-itl 0.1 --mock-prefill-rate 1e9}g;
    $text =~ s{\bfluxperf view\b}{FLUXPERF_UI_SCRIPT=keys fluxperf view}g;
    $text =~ s{\bDIR\b}{results/latest}g;
    $text =~ s{--output FILE\b}{--output made.jsonl}g;
    $text =~ s{\bFILE\b}{prompts.jsonl}g;
    $text =~ s{\bURL\b}{$mock->{url}}g;
    $text =~ s{--dataset …}{--dataset narrativeqa}g;
    return $text;
}

# Words of a shell; returns {exit, out, err}.
sub shell
{
    my ($script) = @_;
    my $path = spew("$scratch/example.sh", "set -e\n$script\n");
    return fluxperf({cwd => "$scratch", timeout => 20, env => {PATH => "$scratch/bin:$ENV{PATH}"},
        wrap => ['sh', '-c', 'shift; exec sh "$0"', $path]});
}

sub runs_as_server
{
    my ($name, $words) = @_;
    $words =~ s/--port \d+//;
    my $server = eval { mock(split ' ', $words) };
    ok($server, $name) or diag($@);
    stop($server->{pid}) if $server;
}

my %runners = (
    sh => sub {
        my ($name, $text) = @_;
        return pass("$name (not run here)") if $text =~ /^make /;
        return runs_as_server($name, $1 // '') if $text =~ m{^\s*(?:\./)?fluxperf mock-server\b(.*)};
        my $fits = $text =~ /^man (\S+)/ ? "test -f $1" : fitted($text);
        return fail("$name: names a host that this test does not know") if $fits =~ /localhost|example\.com/;
        my $run = shell($fits);
        # A condition may be met: times are what they are.
        ok($run->{exit} == 0 || ($run->{exit} == 3 && $fits =~ /--fail-on/), $name)
            or diag("exit status $run->{exit}\n$fits\n$run->{err}");
    },
    recipe => sub {
        my ($name, $text) = @_;
        spew("$scratch/example.yaml", fitted($text));
        my $run = shell('fluxperf --recipe example.yaml --dry-run');
        is($run->{exit}, 0, "$name: a recipe") or diag($run->{err});
    },
    slo => sub {
        my ($name, $text) = @_;
        spew("$scratch/example.yaml", $text);
        my $run = shell("fluxperf -d prompts.jsonl -u 127.0.0.1:$mock->{port} --slo-file example.yaml --dry-run");
        is($run->{exit}, 0, "$name: limits") or diag($run->{err});
    },
    rows => sub {
        my ($name, $text) = @_;
        spew("$scratch/example.jsonl", $text);
        my $run = shell('fluxperf check dataset example.jsonl');
        is($run->{exit}, 0, "$name: rows") or diag("$run->{out}$run->{err}");
    },
);

my %seen;
for my $example (@examples) {
    my ($where, $kind, $text) = @$example;
    my ($line) = $text =~ /^\s*(.*)/;
    next if $seen{"$kind $text"}++;
    $runners{$kind}->("$where: $line", $text);
}

done_testing;
