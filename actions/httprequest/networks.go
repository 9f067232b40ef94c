package httprequest

import (
	"fmt"
	"net/netip"
)

// reserved are the parts of the address space that are not the public Internet, by IANA's special-purpose
// registries. IPv6 is the other way round: global unicast is 2000::/3, and only its exceptions stand here.
var reserved = parsePrefixes(
	"0.0.0.0/8",        // this network; 0.0.0.0 connects to the machine itself
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // carrier-grade NAT
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // Azure's metadata service, a public address by its looks
	"169.254.0.0/16",   // link-local, and the metadata services of most clouds
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // IETF protocols
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast
	"2001::/23",        // IETF protocols, Teredo among them
	"2001:db8::/32",    // documentation
	"2002::/16",        // 6to4: holds any IPv4 address
	"3fff::/20",        // documentation
)

var globalUnicast6 = netip.MustParsePrefix("2000::/3")

func parsePrefixes(all ...string) []netip.Prefix {
	prefixes := make([]netip.Prefix, len(all))
	for i, s := range all {
		prefixes[i] = netip.MustParsePrefix(s)
	}
	return prefixes
}

// publicOnly refuses an address that is not on the public Internet.
func publicOnly(addr netip.Addr) error {
	addr = addr.Unmap()
	public := addr.Is4() || globalUnicast6.Contains(addr)
	for _, p := range reserved {
		public = public && !p.Contains(addr)
	}
	if !public {
		return fmt.Errorf("the address %s is not a public one; actions.http.allowPrivateNetworks would allow it", addr)
	}
	return nil
}

func anyAddress(netip.Addr) error { return nil }
