//! Datagrams that the kernel dropped before anybody could receive them, as it tells in `/proc`.

use std::fs;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::MetadataExt;

/// Tables of the sockets of this network namespace.
const TABLES: [&str; 2] = ["/proc/self/net/udp", "/proc/self/net/udp6"];
/// Columns of a row.
const INODE_COLUMN: usize = 9;
const DROPS_COLUMN: usize = 12;

/// The number by which the kernel's tables know a socket; `None` where there is no `/proc`.
pub(crate) fn inode(socket: &impl AsRawFd) -> Option<u64> {
    let descriptor: RawFd = socket.as_raw_fd();
    fs::metadata(format!("/proc/self/fd/{descriptor}")).ok().map(|metadata| metadata.ino())
}

/// What was dropped at these sockets in all, since they were opened.
pub(crate) fn dropped(inodes: &[u64]) -> u64 {
    let tables = TABLES.iter().filter_map(|table| fs::read_to_string(table).ok());
    tables.map(|table| dropped_in(&table, inodes)).sum()
}

fn dropped_in(table: &str, inodes: &[u64]) -> u64 {
    let row = |line: &str| {
        let mut columns = line.split_ascii_whitespace().skip(INODE_COLUMN);
        let inode: u64 = columns.next()?.parse().ok()?;
        let drops: u64 = columns.nth(DROPS_COLUMN - INODE_COLUMN - 1)?.parse().ok()?;
        inodes.contains(&inode).then_some(drops)
    };
    table.lines().filter_map(row).sum()
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::{dropped, dropped_in, inode};

    #[test]
    fn rows_are_found_by_inode() {
        let table = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
            \x20 7: 0100007F:0D96 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 42\n\
            \x20 8: 0100007F:0D97 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 7\n\
            \x20 9: nonsense\n";
        assert_eq!(dropped_in(table, &[4_711]), 42);
        assert_eq!(dropped_in(table, &[4_711, 4_712]), 49);
        assert_eq!(dropped_in(table, &[1]), 0);
    }

    #[test]
    fn a_real_socket_that_nobody_reads_drops() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        let inode = inode(&receiver).unwrap();
        assert_eq!(dropped(&[inode]), 0);
        for _ in 0..20_000 {
            sender.send_to(&[0; 1_000], receiver.local_addr().unwrap()).unwrap();
        }
        assert!(dropped(&[inode]) > 0);
    }
}
