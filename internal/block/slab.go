package block

// slab hands out pieces of arrays, which is quicker than one by one and leaves
// fewer pages of memory touched.
type slab[T any] struct {
	size int // of an array, at least
	free []T
	all  [][]T
	next int // of all, once reset
}

// take returns n elements, which may hold what was in them before a reset.
func (s *slab[T]) take(n int) []T {
	if n > len(s.free) {
		s.grow(n)
	}
	taken := s.free[:n:n]
	s.free = s.free[n:]
	return taken
}

func (s *slab[T]) grow(n int) {
	for s.next < len(s.all) {
		s.free = s.all[s.next]
		if s.next++; n <= len(s.free) {
			return
		}
	}
	s.free = make([]T, max(n, s.size))
	s.all = append(s.all, s.free)
	s.next = len(s.all)
}

func (s *slab[T]) reset() { s.free, s.next = nil, 0 }
