// bridged: abstract and sealed
// exit: 4
class Shape abstract {
public:
    virtual int corners() const abstract;
};

class Square sealed : public Shape {
public:
    int corners() const override sealed { return 4; }
};

int main()
{
    return Square().corners();
}
