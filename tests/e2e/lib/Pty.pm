# A pseudoterminal whose reader the test is: it may count bytes, and stop reading.
package Pty;

use strict;
use warnings;

use Fluxperf qw(slurp wait_until);
use POSIX ();
use Time::HiRes qw(sleep time);

# Linux on all processors that matter here.
use constant {TIOCSPTLCK => 0x40045431, TIOCGPTN => 0x80045430, TIOCSWINSZ => 0x5414, TCGETS => 0x5401};

# new({rows, cols, stderr => FILE, core => PROCESSOR}, WORDS): WORDS on a terminal of their own, as
# started from a prompt.
sub new
{
    my ($class, $options, @words) = @_;
    open my $master, '+<', '/dev/ptmx' or die "ptmx: $!";
    my ($unlock, $number) = (pack('i', 0)) x 2;
    ioctl $master, TIOCSPTLCK, $unlock or die "unlock: $!";
    ioctl $master, TIOCGPTN, $number or die "number: $!";
    my $path = '/dev/pts/' . unpack 'i', $number;
    my $self = bless {master => $master, bytes => 0, out => ''}, $class;
    $self->resize($options->{rows}, $options->{cols});
    $self->{flags} = $self->flags;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        POSIX::setsid();
        open my $slave, '+<', $path or POSIX::_exit(127);    # controls the new session
        POSIX::dup2(fileno $slave, $_) for 0, 1;
        open STDERR, '>', $options->{stderr} // '/dev/null' or POSIX::_exit(127);
        close $master;
        $SIG{HUP} = 'DEFAULT';    # what is left there goes with it, also under nohup
        local $ENV{TERM} = 'xterm-256color';
        my @pin = defined $options->{core} ? ('taskset', '-c', $options->{core}) : ();
        exec(@pin, @words) or POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    return $self;
}

sub resize { my ($self, $rows, $cols) = @_; ioctl $self->{master}, TIOCSWINSZ, pack 'S4', $rows, $cols, 0, 0 }

# How the terminal is set: its four words of flags.
sub flags
{
    my ($self) = @_;
    my $settings = pack 'x60';
    ioctl $self->{master}, TCGETS, $settings or die "settings: $!";
    return join ' ', map { sprintf '%o', $_ } unpack 'L4', $settings;
}

# Reads for so long. False once the program is gone.
sub read_for
{
    my ($self, $seconds) = @_;
    my $until = time + $seconds;
    while ((my $left = $until - time) > 0) {
        my $ready = '';
        vec($ready, fileno $self->{master}, 1) = 1;
        next unless select $ready, undef, undef, $left;
        my $got = sysread $self->{master}, my $bytes, 65536;
        return 0 unless $got;    # EIO: nobody has the other end open
        $self->{bytes} += $got;
        $self->{out} .= $bytes if $self->{keep};
    }
    return 1;
}

# What it reads from now on is in `out`.
sub keep { my ($self) = @_; @$self{qw(keep out)} = (1, '') }

# Reads until what was kept matches. False when it does not within `seconds` (20).
sub read_until
{
    my ($self, $pattern, $seconds) = @_;
    $self->{keep} = 1;
    for (1 .. 10 * ($seconds // 20)) {
        my $goes_on = $self->read_for(0.1);
        return 1 if $self->{out} =~ $pattern;
        return 0 unless $goes_on;
    }
    return 0;
}

sub type { my ($self, $keys) = @_; syswrite $self->{master}, $keys }

# Reads on until it ends, at most so long. Its exit status, 128 + N after signal N, or -1.
sub finish
{
    my ($self, $seconds) = @_;
    my $until = time + $seconds;
    while (time < $until) {
        $self->read_for(0.2);
        return $self->status if $self->is_over;
    }
    return -1;
}

# The same without reading.
sub finish_unread
{
    my ($self, $seconds) = @_;
    wait_until(sub { $self->is_over }, $seconds);
    return $self->status;
}

sub is_over
{
    my ($self) = @_;
    return 1 if defined $self->{status};
    return 0 if waitpid($self->{pid}, POSIX::WNOHANG()) <= 0;
    delete $self->{pid};
    $self->{status} = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    return 1;
}

sub is_stopped { my ($self) = @_; return slurp("/proc/$self->{pid}/stat") =~ /\) T / }
sub status { return $_[0]{status} // -1 }

# The program draws more than a terminal holds that nobody reads: with ^L, whole screens.
sub freeze
{
    my ($self) = @_;
    for (1 .. 15) {
        $self->type("\f");
        sleep 0.04;
    }
}

sub DESTROY
{
    my ($self) = @_;
    local ($?, $@);
    return unless $self->{pid};
    kill KILL => $self->{pid};
    waitpid $self->{pid}, 0;
}

1;
