# TLS and HTTP/2 in front of a server, by nghttpx on a unix socket, so that no port is to be guessed.
package Tls;

use strict;
use warnings;
use Exporter qw(import);
use Fluxperf;

our @EXPORT = qw(certificate tls_proxy has_program);

sub has_program { return !system "command -v $_[0] >/dev/null 2>&1" }

# (key, certificate) for 127.0.0.1, signed by itself, in a folder.
sub certificate
{
    my ($folder, $name) = @_;
    my ($key, $cert) = map { "$folder/$name-$_.pem" } qw(key cert);
    system "openssl req -x509 -newkey rsa:2048 -nodes -keyout $key -out $cert -days 2 -subj /CN=127.0.0.1 "
        . '-addext subjectAltName=IP:127.0.0.1 2>/dev/null' and die "openssl fails\n";
    return ($key, $cert);
}

# {pid, socket, cert}: https://127.0.0.1 by --unix-socket, before what listens on that port.
sub tls_proxy
{
    my ($folder, $port) = @_;
    my ($key, $cert) = certificate($folder, "proxy-$port");
    my $socket = "$folder/tls-$port.sock";
    open my $log, '>', "$folder/nghttpx.log" or die $!;
    my $pid = Fluxperf::spawn($log, $log, {}, 'nghttpx', '--conf=/dev/null', '--workers=1', '--no-ocsp',
        '-f', "unix:$socket", '-b', "127.0.0.1,$port", $key, $cert);
    wait_until(sub { -S $socket }) or die 'nghttpx does not start: ' . slurp("$folder/nghttpx.log");
    return {pid => $pid, socket => $socket, cert => $cert};
}

1;
