#!/usr/bin/perl
# fluxperf view shows a run that another process writes, in several terminals, and the run does not notice.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;
use Tmux;
use utf8;

binmode $_, ':utf8' for map { Test::More->builder->$_ } qw(output failure_output todo_output);

my $binary = $ENV{FLUXPERF} // "$ROOT/fluxperf";
my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 20);
my $mock = mock(qw(--ttft 20 --itl 5 --reply-tokens 8));
my $directory = "$scratch/out";
my $run = start('-d', $rows, '-u', $mock->{url}, qw(-c 2 --free-run repeat --ui none -o), $directory);
ok(wait_until(sub { -s "$directory/journal.jsonl" && slurp("$directory/journal.jsonl") =~ /"round_end"/ }, 20),
    'a run without a screen');

my @viewers = map { Tmux->new(@$_) } [24, 80], [40, 120];
$_->line("clear; $binary view $directory; echo left=\$?") for @viewers;
for my $viewer (@viewers) {
    ok($viewer->wait_for(qr/\[1 Live\].*RUNNING/s), 'a viewer sees it running');
    my ($round) = $viewer->screen =~ m{R(\d+)/\d+};
    ok(wait_until(sub { (($viewer->screen =~ m{R(\d+)/\d+})[0] // 0) > ($round // 0) }, 20), 'and going on');
    $viewer->keys('3');
    ok($viewer->wait_for(qr/\[3 Requests\].*ok/s), 'the other views have it too');
    $viewer->keys('X', 'p');
    unlike($viewer->screen, qr/PAUSED|stop the run/, 'it has no hand in it');
}
$viewers[0]->keys('q');
ok($viewers[0]->wait_for(qr/left=0/), 'one leaves');
ok(kill(0 => $run->{pid}), 'and the run goes on');
kill INT => $run->{pid};
finish($run);
is($run->{exit}, 130, 'until it is stopped where it runs');
ok($viewers[1]->wait_for(qr/ENDED EARLY/), 'the other one sees its end');
$viewers[1]->keys('q');
ok($viewers[1]->wait_for(qr/left=0/), 'and leaves as from any run');
my %seen;
$seen{$_->{round}}++ for grep { $_->{type} eq 'request' } read_jsonl("$directory/journal.jsonl");
is($seen{2}, 20, 'no request of a whole pass is missing');
stop($mock->{pid});
done_testing;
