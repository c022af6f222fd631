// bridged: typename
// prints: 1 2 3
#include <cstdio>
#include <list>
#include <map>

template <class T> class stack {
    typedef std::list<T>::iterator place;

public:
    static const int limit = 3;
    std::list<T>::iterator first() { return list_.begin(); }
    std::list<T>::size_type count(typename std::list<T>::iterator end);
    int size() const { return stack<T>::limit and list_.size(); }
    operator bool() { return !list_.empty(); }
    void add(T t) { list_.push_back(t); }

private:
    std::list<T> list_;
};

template <class T>
std::list<T>::size_type stack<T>::count(typename std::list<T>::iterator end)
{
    std::list<T>::size_type all = 0;
    for (std::list<T>::iterator at = list_.begin(); at != end; ++at)
        all++;
    return all + 1;
}

template <typename Map> int last(Map &map)
{
    for (Map::iterator at = map.begin(); at != map.end(); ++at)
        if (at->first == 3)
            return at->second;
    return 0;
}

int main()
{
    stack<int> s;
    std::map<int, int> map;
    map[3] = 3;
    s.add(1);
    std::printf("%d %d %d\n", *s.first(), (int)s.count(++s.first()), last(map));
    return s ? s.size() - 1 : 1;
}
