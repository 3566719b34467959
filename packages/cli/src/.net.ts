import { EC2Client, CreateVpcCommand, CreateSubnetCommand, CreateInternetGatewayCommand, AttachInternetGatewayCommand } from "@aws-sdk/client-ec2";
const e = new EC2Client();
const v = (await e.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }))).Vpc!.VpcId!;
const g = (await e.send(new CreateInternetGatewayCommand({}))).InternetGateway!.InternetGatewayId!;
await e.send(new AttachInternetGatewayCommand({ VpcId: v, InternetGatewayId: g }));
console.log((await e.send(new CreateSubnetCommand({ VpcId: v, CidrBlock: "10.0.1.0/24", AvailabilityZone: "eu-central-1a" }))).Subnet!.SubnetId);
