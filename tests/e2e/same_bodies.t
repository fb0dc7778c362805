#!/usr/bin/perl
# All rounds of a level send the same bytes; levels that must start cold do not.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use JSON::PP ();
use Test::More;

my $scratch = scratch;

# The recorded requests in order of arrival, parted into runs of `count`.
sub rounds_of
{
    my ($source, $count) = @_;
    my @all = sort { $a->{begun} <=> $b->{begun} } read_jsonl($source->{record}->filename);
    my @rounds;
    push @rounds, [splice @all, 0, $count] while @all;
    return @rounds;
}

sub bodies { return [map { $_->{body} } @{$_[0]}] }

sub echo
{
    my ($socket, $request) = @_;
    return send_bytes($socket,
        http_answer(200, 'text/event-stream', sse(text_event('Hi'), finish_event('stop'), usage_event(9, 1), DONE)));
}

# The rows hold what a body has to carry unharmed.
my @prompts = map { "sample-$_ \"quoted\" back\\slash\ttab \x{e4}\x{4f60}\x{1f600}" } 0 .. 19;
my $rows = dataset("$scratch/rows.jsonl", @prompts);

my $source = source(\&echo);
my $run = fluxperf('-d', $rows, '-u', $source->{url}, '-c', 1, '--rounds', 3, '--temperature', 0.5,
    '--extra-body', '{"top_k":5}', '-o', "$scratch/one");
is($run->{exit}, 0, 'concurrency 1 ends well') or diag($run->{err});
my @rounds = rounds_of($source, 20);
is(scalar @rounds, 3, 'three rounds were sent');
is_deeply(bodies($rounds[1]), bodies($rounds[0]), 'round 2 is round 1, byte for byte and in its order');
is_deeply(bodies($rounds[2]), bodies($rounds[0]), 'and so is round 3');
my $sent = JSON::PP->new->utf8->decode($rounds[0][3]{body});
is($sent->{messages}[-1]{content}, $prompts[3], 'the prompt arrives as it stands in the dataset');
is($sent->{top_k}, 5, 'the extra body is in it');
is($sent->{temperature}, 0.5, 'and the temperature');
ok($sent->{stream}, 'and it asks for a stream');
stop($source->{pid});

$source = source(\&echo);
$run = fluxperf('-d', $rows, '-u', $source->{url}, '-c', 8, '--shuffle-round2', '-o', "$scratch/eight");
is($run->{exit}, 0, 'concurrency 8 ends well') or diag($run->{err});
@rounds = rounds_of($source, 20);
is_deeply([sort @{bodies($rounds[1])}], [sort @{bodies($rounds[0])}], 'a shuffled round 2 has the same bodies');
isnt(join(' ', map { $_->{sample} } @{$rounds[1]}), join(' ', map { $_->{sample} } @{$rounds[0]}),
    'in another order');
stop($source->{pid});

$source = source(\&echo);
$run = fluxperf('-d', $rows, '-u', $source->{url}, '-c', '1', '2', '--cold-start', 'salt', '-o', "$scratch/salted");
is($run->{exit}, 0, 'two levels end well') or diag($run->{err});
@rounds = rounds_of($source, 20);
is(scalar @rounds, 4, 'two levels are four rounds');
my %first = map { $_->{sample} => $_->{body} } @{$rounds[0]};
my $shared = grep { $first{$_->{sample}} eq $_->{body} } @{$rounds[2]};
is($shared, 0, 'no body of the second level was sent in the first');
is_deeply([sort @{bodies($rounds[3])}], [sort @{bodies($rounds[2])}], 'its rounds are the same');
my @shown = grep { $_->{prompt} =~ /^sample-\d+ "quoted"/ } @{round_file("$scratch/salted", 2, 1)->{requests}};
is(scalar @shown, 20, 'files show the prompt of the dataset, without the salt');
stop($source->{pid});
done_testing;
