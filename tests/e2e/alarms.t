#!/usr/bin/perl
# An alarm is said once, stands in the journal, and starts its command once; neither holds up the run.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 30);
my $mock = mock(qw(--ttft 1 --itl 0.1 --500 1));
my $run = fluxperf({env => {TOLD => "$scratch/told"}}, '-d', $rows, '-u', $mock->{url},
    qw(--request-rate 10 --rounds 1 --max-output-tokens 2), '-o', "$scratch/out",
    '--alarm', 'failed>1%', 'no token for 1s', 'disk<0%', 'no_such_thing<1',
    '--on-alarm', 'echo "$FLUXPERF_ALARM|$FLUXPERF_ALARM_VALUE|$FLUXPERF_RUN|$FLUXPERF_ENDPOINT" >>"$TOLD"; sleep 60');
stop($mock->{pid});
is($run->{exit}, 1, 'alarms do not change how the run ends: nothing succeeded');
cmp_ok($run->{seconds}, '<', 30, 'nor does it wait for the commands');
my @said = $run->{err} =~ /^alarm raised: (.*)$/mg;
is(scalar(grep { /^failed>1% \(it is 100 %\)$/ } @said), 1, 'failures are said once') or diag($run->{err});
is(scalar(grep { /^disk/ } @said), 0, 'what does not hold is not');
my @changes = grep { $_->{type} eq 'change' && $_->{kind} eq 'alarm' } read_jsonl("$scratch/out/journal.jsonl");
is_deeply([map { $_->{text} =~ s/^raised: //r } @changes], \@said, 'the journal has the same');
my @told = split /\n/, slurp("$scratch/told");
is(scalar @told, scalar @said, 'the command ran once for each');
my ($failures) = grep { /^failed/ } @told;
is($failures, "failed>1%|100 %|$scratch/out|$mock->{url}/v1/chat/completions", 'and was told what it is about');

for (['slo<95', 'slo is a share'], ['no token', 'for how long'], ['failed>+5%', 'fluxperf compare']) {
    my ($alarm, $said) = @$_;
    my $refused = fluxperf('-d', $rows, '-u', 'localhost:1', '--alarm', $alarm);
    is($refused->{exit}, 2, "'$alarm' is refused before anything is sent");
    like($refused->{err}, qr/^error: --alarm: '\Q$alarm\E': .*\Q$said\E/, 'with the reason');
}
done_testing;
